import type { Knex } from "knex";

/**
 * The ledger: wallets, lots, holds and transfers. `transfers` is the truth and append only. The balances of wallets,
 * the remains of lots and what became of holds are materialised from it by one trigger (`0013_ledger_append`), in the
 * statement that appends; no other statement can change them. So a wallet cannot disagree with its transfers, whoever
 * writes.
 */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(types);
  await knex.raw(tables);
  await knex.raw(guards);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw(`
    drop table transfers, holds, lots, wallets;
    drop function ledger_refuse();
    drop type transfer_kind, transfer_cause, ledger_account, lot_source, hold_end;
  `);
}

const types = `
create type ledger_account as enum
  ('available', 'held', 'debt', 'stripe_clearing', 'promotion', 'correction', 'revenue', 'breakage');
create type transfer_kind as enum
  ('purchase', 'promotion', 'correction_in', 'correction_out', 'debt_repayment',
   'spend', 'overdraft', 'hold', 'capture', 'release', 'expire');
create type transfer_cause as enum
  ('purchase', 'operator', 'usage', 'hold', 'capture', 'release', 'expiry');
create type lot_source as enum ('purchase', 'promotion', 'adjustment');
create type hold_end as enum ('captured', 'released', 'expired');
`;

const tables = `
create table wallets (
  id          uuid primary key,
  project_id  uuid not null references projects (id),
  customer_id text not null check (length(customer_id) between 1 and 255),
  available   bigint not null default 0,
  held        bigint not null default 0,
  debt        bigint not null default 0,
  seq         bigint not null default 0,
  -- The lot that is being spent, and what is left to spend of it: while nothing but spends from it happens, its own
  -- row is not written to. head_burned is what its row does not know yet.
  head_lot_no integer,
  head_left   bigint,
  head_burned bigint not null default 0,
  head_expires_at timestamptz,
  -- While set, nothing is spent and no new hold is placed.
  frozen_at   timestamptz,
  frozen_because text check (length(frozen_because) <= 500),
  -- Whether spend_limits has a row for this wallet, so that wallets without one are not looked up.
  limited     boolean not null default false,
  created_at  timestamptz not null default clock_timestamp(),
  constraint wallets_head check (head_left >= 0 and head_burned >= 0),
  -- Not the other way round: the trigger forgets head_left first, and the lot last. The audit checks that.
  constraint wallets_head_is_a_lot check (head_lot_no is not null
    or (head_left is null and head_burned = 0 and head_expires_at is null)),
  constraint wallets_frozen_because check ((frozen_at is null) = (frozen_because is null)),
  constraint wallets_never_below_zero check (available >= 0 and held >= 0 and debt >= 0 and seq >= 0),
  constraint wallets_customer unique (project_id, customer_id)
) with (fillfactor = 50);

create table lots (
  project_id  uuid not null,
  wallet_id   uuid not null references wallets (id),
  lot_no      integer not null check (lot_no > 0),
  source      lot_source not null,
  purchase_id uuid,
  granted     bigint not null check (granted > 0),
  remaining   bigint not null default 0,
  -- The part of the remains that open holds have taken aside.
  held        bigint not null default 0,
  cost_minor  bigint check (cost_minor >= 0),
  currency    text check (currency ~ '^[a-z]{3}$'),
  priority    smallint not null,
  expires_at  timestamptz,
  created_at  timestamptz not null default clock_timestamp(),
  -- A stored flag, so that the index below changes only when a lot empties and updates stay heap-only.
  unspent     boolean not null generated always as (remaining > 0) stored,
  primary key (wallet_id, lot_no),
  constraint lots_remaining_in_range check (remaining between 0 and granted),
  constraint lots_held_in_range check (held between 0 and remaining),
  constraint lots_cost_has_currency check ((cost_minor is null) = (currency is null)),
  constraint lots_purchase_has_source check ((source = 'purchase') = (purchase_id is not null))
) with (fillfactor = 80);
create index lots_unspent on lots (wallet_id) where unspent;
create unique index lots_one_per_purchase on lots (purchase_id) where purchase_id is not null;
create index lots_expiring on lots (expires_at) where unspent and expires_at is not null;

-- Credits of a wallet that are taken aside for one thing. What it holds is in transfers; this row adds them up.
create table holds (
  project_id  uuid not null,
  wallet_id   uuid not null references wallets (id),
  id          uuid not null,
  amount      bigint not null check (amount > 0),
  placed      bigint not null default 0,
  captured    bigint not null default 0,
  released    bigint not null default 0,
  over_capture text not null check (over_capture in ('reject', 'upToAvailable')),
  rate_card_version integer not null check (rate_card_version >= 0),
  api_key_id  uuid,
  description text check (length(description) <= 500),
  created_at  timestamptz not null default clock_timestamp(),
  expires_at  timestamptz not null,
  ended_at    timestamptz,
  ended_as    hold_end,
  primary key (id, wallet_id),
  constraint holds_end_once check ((ended_at is null) = (ended_as is null)),
  constraint holds_end_empty check (ended_at is null or captured + released = placed),
  constraint holds_within_amount check (placed in (0, amount) and captured >= 0 and released >= 0
    and captured + released <= placed)
) with (fillfactor = 80);
create index holds_open on holds (wallet_id, id) where ended_at is null;
create index holds_expiring on holds (expires_at) where ended_at is null;
create index holds_of_wallet on holds (wallet_id, id);

create table transfers (
  project_id      uuid not null,
  wallet_id       uuid not null,
  seq             bigint not null,
  amount          bigint not null check (amount > 0),
  available_after bigint not null check (available_after >= 0),
  held_after      bigint not null check (held_after >= 0),
  debt_after      bigint not null check (debt_after >= 0),
  created_at      timestamptz not null default clock_timestamp(),
  cause_id        uuid not null,
  cause           transfer_cause not null,
  kind            transfer_kind not null,
  debit_account   ledger_account not null,
  credit_account  ledger_account not null,
  lot_no          integer,
  hold_id         uuid,
  -- The place of the row among those of its cause: 0, 1, 2.
  leg             smallint not null check (leg >= 0),
  memo            text check (length(memo) <= 500),
  primary key (wallet_id, seq),
  constraint transfers_declared_movement check (
       (kind = 'purchase'       and debit_account = 'stripe_clearing' and credit_account = 'available')
    or (kind = 'promotion'      and debit_account = 'promotion'       and credit_account = 'available')
    or (kind = 'correction_in'  and debit_account = 'correction'      and credit_account = 'available')
    or (kind = 'correction_out' and debit_account = 'available'       and credit_account = 'correction')
    or (kind = 'debt_repayment' and debit_account = 'available'       and credit_account = 'debt')
    or (kind = 'spend'          and debit_account = 'available'       and credit_account = 'revenue')
    or (kind = 'overdraft'      and debit_account = 'debt'            and credit_account = 'revenue')
    or (kind = 'hold'           and debit_account = 'available'       and credit_account = 'held')
    or (kind = 'capture'        and debit_account = 'held'            and credit_account = 'revenue')
    or (kind = 'release'        and debit_account = 'held'            and credit_account = 'available')
    or (kind = 'expire'         and debit_account = 'available'       and credit_account = 'breakage')
  ),
  -- Credits always lie in a lot; only what is owed lies in none.
  constraint transfers_name_their_lot check ((lot_no is null) = (kind = 'overdraft')),
  constraint transfers_name_their_hold check ((hold_id is null) = (kind not in ('hold', 'capture', 'release')))
);
create unique index transfers_purchase_granted_once on transfers (cause_id) where kind = 'purchase';
create unique index transfers_operator_once on transfers (wallet_id, cause_id, kind, lot_no)
  where cause = 'operator';
-- A usage event, a capture, and a hold's placing and release each move credits once: a repeat starts at leg 0 again.
create unique index transfers_caused_once on transfers (cause_id, cause, leg)
  where cause in ('usage', 'hold', 'capture', 'release');
create index transfers_of_hold on transfers (hold_id) where hold_id is not null;
create unique index transfers_fill_lot_once on transfers (wallet_id, lot_no)
  where kind in ('purchase', 'promotion', 'correction_in');
`;

const guards = `
create function ledger_refuse() returns trigger language plpgsql as $$
begin
  raise exception '%: % is refused, %', tg_table_name, lower(tg_op), tg_argv[0]
    using errcode = 'check_violation', constraint = tg_name, table = tg_table_name;
end $$;

create trigger transfers_immutable before update or delete on transfers
  for each row execute function ledger_refuse('entries are never changed');
create trigger transfers_never_emptied before truncate on transfers
  for each statement execute function ledger_refuse('entries are never removed');

-- Those on updates come after: a row trigger before an update locks each row once more, and writes that to the log.
create trigger wallets_open_empty before insert on wallets for each row
  when (new.available <> 0 or new.held <> 0 or new.debt <> 0 or new.seq <> 0
    or new.head_lot_no is not null or new.head_left is not null or new.head_burned <> 0
    or new.head_expires_at is not null)
  execute function ledger_refuse('a wallet opens empty');
create trigger wallets_balance_from_transfers after update on wallets for each row
  when (pg_trigger_depth() = 0
    and (old.available, old.held, old.debt, old.seq,
      old.head_lot_no, old.head_left, old.head_burned, old.head_expires_at)
    is distinct from (new.available, new.held, new.debt, new.seq,
      new.head_lot_no, new.head_left, new.head_burned, new.head_expires_at))
  execute function ledger_refuse('balances change only by transfers');
create trigger wallets_identity after update on wallets for each row
  when ((old.id, old.project_id, old.customer_id) is distinct from (new.id, new.project_id, new.customer_id))
  execute function ledger_refuse('a wallet keeps its owner');
create trigger wallets_kept before delete on wallets
  for each row execute function ledger_refuse('wallets are kept');
create trigger wallets_never_emptied before truncate on wallets
  for each statement execute function ledger_refuse('wallets are kept');

create trigger lots_open_empty before insert on lots for each row
  when (new.remaining <> 0) execute function ledger_refuse('a lot is filled by its first transfer');
create trigger lots_remaining_from_transfers after update on lots for each row
  when (pg_trigger_depth() = 0) execute function ledger_refuse('lots change only by transfers');
create trigger holds_open_empty before insert on holds for each row
  when (new.placed <> 0 or new.captured <> 0 or new.released <> 0 or new.ended_at is not null)
  execute function ledger_refuse('a hold is filled by its first transfer');
create trigger holds_change_by_transfers after update on holds for each row
  when (pg_trigger_depth() = 0 and (to_jsonb(old) - 'expires_at') is distinct from (to_jsonb(new) - 'expires_at'))
  execute function ledger_refuse('holds change only by transfers');
create trigger holds_kept before delete on holds
  for each row execute function ledger_refuse('holds are kept');
create trigger holds_never_emptied before truncate on holds
  for each statement execute function ledger_refuse('holds are kept');
create trigger lots_kept before delete on lots
  for each row execute function ledger_refuse('lots are kept');
create trigger lots_never_emptied before truncate on lots
  for each statement execute function ledger_refuse('lots are kept');
`;
