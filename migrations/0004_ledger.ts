import type { Knex } from "knex";

/**
 * The ledger: wallets, lots, holds and transfers. `transfers` is the truth and append only. The balances of wallets,
 * the remains of lots and what became of holds are materialised from it by one trigger, in the statement that
 * appends; no other statement can change them. So a wallet cannot disagree with its transfers, whoever writes.
 */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(types);
  await knex.raw(tables);
  await knex.raw(appendTrigger);
  await knex.raw(guards);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw(`
    drop table transfers, holds, lots, wallets;
    drop function ledger_append(), ledger_refuse();
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
  -- While set, nothing is spent and no new hold is placed.
  frozen_at   timestamptz,
  frozen_because text check (length(frozen_because) <= 500),
  -- Whether spend_limits has a row for this wallet, so that wallets without one are not looked up.
  limited     boolean not null default false,
  created_at  timestamptz not null default clock_timestamp(),
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

/**
 * Set-based, once per statement: each new row must continue its wallet's chain (seq + 1, balances by exactly
 * its own amount), and wallets, lots and holds take over the result. An account is debited or credited by one amount in
 * one row, so every row balances. Available and held are what we owe (credits raise them); debt is owed to us
 * (debits raise it). The act of an operator moves a wallet in one statement: a repeat would find other lots, so
 * the unique index alone would let it pass.
 */
const appendTrigger = `
create function ledger_append() returns trigger language plpgsql
  set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set enable_material = off
as $$
declare
  broken boolean;
  rows_named bigint;
  rows_moved bigint;
begin
  -- 1. Within the statement each row continues the one before it. A wallet's first row is compared below.
  select coalesce(bool_or(r.seq <> r.seq_before + 1 or r.project_id <> r.project_before
      or r.available_after <> r.available_before + r.available_change
      or r.held_after <> r.held_before + r.held_change
      or r.debt_after <> r.debt_before + r.debt_change), false),
    count(*) filter (where r.seq_before is null)
  into broken, rows_named
  from (
    select n.project_id, n.seq, n.available_after, n.held_after, n.debt_after,
      (case n.credit_account when 'available' then n.amount else 0 end)
        - (case n.debit_account when 'available' then n.amount else 0 end) as available_change,
      (case n.credit_account when 'held' then n.amount else 0 end)
        - (case n.debit_account when 'held' then n.amount else 0 end) as held_change,
      (case n.debit_account when 'debt' then n.amount else 0 end)
        - (case n.credit_account when 'debt' then n.amount else 0 end) as debt_change,
      lag(n.project_id) over by_wallet as project_before,
      lag(n.seq) over by_wallet as seq_before,
      lag(n.available_after) over by_wallet as available_before,
      lag(n.held_after) over by_wallet as held_before,
      lag(n.debt_after) over by_wallet as debt_before
    from appended n
    window by_wallet as (partition by n.wallet_id order by n.seq)
  ) r;

  -- 2. Each wallet takes its last balances over, if its first row continued it. Only a wallet that does is found.
  update wallets w
  set available = l.available_after, held = l.held_after, debt = l.debt_after, seq = l.seq
  from (
    select distinct on (n.wallet_id) n.project_id, n.wallet_id, n.seq, n.available_after, n.held_after, n.debt_after,
      count(*) over by_wallet as lines,
      (sum((case n.credit_account when 'available' then n.amount else 0 end)
        - (case n.debit_account when 'available' then n.amount else 0 end)) over by_wallet)::bigint as available_change,
      (sum((case n.credit_account when 'held' then n.amount else 0 end)
        - (case n.debit_account when 'held' then n.amount else 0 end)) over by_wallet)::bigint as held_change,
      (sum((case n.debit_account when 'debt' then n.amount else 0 end)
        - (case n.credit_account when 'debt' then n.amount else 0 end)) over by_wallet)::bigint as debt_change
    from appended n
    window by_wallet as (partition by n.wallet_id)
    order by n.wallet_id, n.seq desc
  ) l
  where w.id = l.wallet_id and w.project_id = l.project_id
    and w.seq = l.seq - l.lines
    and w.available = l.available_after - l.available_change
    and w.held = l.held_after - l.held_change
    and w.debt = l.debt_after - l.debt_change;
  get diagnostics rows_moved = row_count;
  if broken or rows_moved <> rows_named then
    raise exception 'a transfer does not continue its wallet'
      using errcode = 'check_violation', constraint = 'transfers_continue_wallet', table = 'transfers';
  end if;

  -- 3. The comparison of seq is written so that no index on seq can serve it: a busy wallet has millions of them.
  if exists (select from appended where cause = 'operator') and exists (
    select from (
      select wallet_id, cause_id, min(seq) as seq_first from appended
      where cause = 'operator' group by wallet_id, cause_id
    ) n
    join transfers t on t.wallet_id = n.wallet_id and t.cause_id = n.cause_id and t.cause = 'operator'
    where t.seq - n.seq_first < 0
  ) then
    raise exception 'this act of an operator has already moved the wallet'
      using errcode = 'unique_violation', constraint = 'transfers_operator_once', table = 'transfers';
  end if;

  -- 4. Lots.
  with moved as materialized (
    select project_id, wallet_id, lot_no,
      sum((case when credit_account in ('available', 'held') then amount else 0 end)
        - (case when debit_account in ('available', 'held') then amount else 0 end))::bigint as change,
      sum((case credit_account when 'held' then amount else 0 end)
        - (case debit_account when 'held' then amount else 0 end))::bigint as held_change
    from appended where lot_no is not null group by project_id, wallet_id, lot_no
  ), taken_over as (
    update lots t set remaining = t.remaining + m.change, held = t.held + m.held_change
    from moved m
    where t.project_id = m.project_id and t.wallet_id = m.wallet_id and t.lot_no = m.lot_no
    returning 1
  )
  select (select count(*) from moved), (select count(*) from taken_over) into rows_named, rows_moved;
  if rows_moved <> rows_named then
    raise exception 'a transfer names a lot that its wallet does not have'
      using errcode = 'check_violation', constraint = 'transfers_lot_exists', table = 'transfers';
  end if;

  -- 5. Holds, by the rows that name one. The last row of an emptied hold says how it ended.
  if exists (select from appended where hold_id is not null) then
    with moved as materialized (
      select project_id, wallet_id, hold_id,
        coalesce(sum(amount) filter (where kind = 'hold'), 0)::bigint as placed,
        coalesce(sum(amount) filter (where kind = 'capture'), 0)::bigint as captured,
        coalesce(sum(amount) filter (where kind = 'release'), 0)::bigint as released,
        (array_agg(cause order by seq desc))[1] as cause_last
      from appended where hold_id is not null group by project_id, wallet_id, hold_id
    ), taken_over as (
      update holds h set
        placed = h.placed + m.placed, captured = h.captured + m.captured, released = h.released + m.released,
        ended_at = case when h.placed + m.placed = h.captured + m.captured + h.released + m.released
          then clock_timestamp() end,
        ended_as = case when h.placed + m.placed = h.captured + m.captured + h.released + m.released
          then (case m.cause_last when 'release' then 'released' when 'expiry' then 'expired' else 'captured' end)::hold_end
          end
      from moved m
      where h.project_id = m.project_id and h.wallet_id = m.wallet_id and h.id = m.hold_id
        and h.ended_at is null
      returning 1
    )
    select (select count(*) from moved), (select count(*) from taken_over) into rows_named, rows_moved;
    if rows_moved <> rows_named then
      raise exception 'a transfer names a hold that its wallet does not have open'
        using errcode = 'check_violation', constraint = 'transfers_hold_open', table = 'transfers';
    end if;
  end if;
  return null;
end $$;
create trigger transfers_append after insert on transfers
  referencing new table as appended for each statement execute function ledger_append();
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
  when (new.available <> 0 or new.held <> 0 or new.debt <> 0 or new.seq <> 0)
  execute function ledger_refuse('a wallet opens empty');
create trigger wallets_balance_from_transfers after update on wallets for each row
  when (pg_trigger_depth() = 0 and (old.available, old.held, old.debt, old.seq)
    is distinct from (new.available, new.held, new.debt, new.seq))
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
