import type { Knex } from "knex";

/**
 * The ledger: wallets, lots and transfers. `transfers` is the truth and append only. The balances of wallets and
 * the remains of lots are materialised from it by one trigger, in the statement that appends; no other statement
 * can change them. So a wallet cannot disagree with its transfers, whoever writes.
 */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(types);
  await knex.raw(tables);
  await knex.raw(appendTrigger);
  await knex.raw(guards);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw(`
    drop table transfers, lots, wallets;
    drop function ledger_append(), ledger_refuse();
    drop type transfer_kind, transfer_cause, ledger_account, lot_source;
  `);
}

const types = `
create type ledger_account as enum
  ('available', 'held', 'debt', 'stripe_clearing', 'promotion', 'correction', 'revenue', 'breakage');
create type transfer_kind as enum
  ('purchase', 'promotion', 'correction_in', 'correction_out', 'debt_repayment');
create type transfer_cause as enum ('purchase', 'operator');
create type lot_source as enum ('purchase', 'promotion', 'adjustment');
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
  created_at  timestamptz not null default clock_timestamp(),
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
  cost_minor  bigint check (cost_minor >= 0),
  currency    text check (currency ~ '^[a-z]{3}$'),
  priority    smallint not null,
  expires_at  timestamptz,
  created_at  timestamptz not null default clock_timestamp(),
  -- A stored flag, so that the index below changes only when a lot empties and updates stay heap-only.
  spendable   boolean not null generated always as (remaining > 0) stored,
  primary key (wallet_id, lot_no),
  constraint lots_remaining_in_range check (remaining between 0 and granted),
  constraint lots_cost_has_currency check ((cost_minor is null) = (currency is null)),
  constraint lots_purchase_has_source check ((source = 'purchase') = (purchase_id is not null))
) with (fillfactor = 80);
create index lots_spendable on lots (wallet_id) where spendable;
create unique index lots_one_per_purchase on lots (purchase_id) where purchase_id is not null;

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
  lot_no          integer not null,
  memo            text check (length(memo) <= 500),
  primary key (wallet_id, seq),
  constraint transfers_declared_movement check (
       (kind = 'purchase'       and debit_account = 'stripe_clearing' and credit_account = 'available')
    or (kind = 'promotion'      and debit_account = 'promotion'       and credit_account = 'available')
    or (kind = 'correction_in'  and debit_account = 'correction'      and credit_account = 'available')
    or (kind = 'correction_out' and debit_account = 'available'       and credit_account = 'correction')
    or (kind = 'debt_repayment' and debit_account = 'available'       and credit_account = 'debt')
  )
);
create unique index transfers_purchase_granted_once on transfers (cause_id) where kind = 'purchase';
create unique index transfers_operator_once on transfers (wallet_id, cause_id, kind, lot_no)
  where cause = 'operator';
create unique index transfers_fill_lot_once on transfers (wallet_id, lot_no)
  where kind in ('purchase', 'promotion', 'correction_in');
`;

/**
 * One set-based pass per statement: each new row must continue its wallet's chain (seq + 1, balances by exactly
 * its own amount), then wallets and lots take over the result. An account is debited or credited by one amount in
 * one row, so every row balances. Available and held are what we owe (credits raise them); debt is owed to us
 * (debits raise it). The act of an operator moves a wallet in one statement: a repeat would find other lots, so
 * the unique index alone would let it pass.
 */
const appendTrigger = `
create function ledger_append() returns trigger language plpgsql
  set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set enable_material = off
as $$
declare
  broken record;
  lots_named bigint;
  lots_moved bigint;
begin
  select r.wallet_id, r.seq into broken
  from (
    select n.project_id, n.wallet_id, n.seq, n.available_after, n.held_after, n.debt_after,
      (case n.credit_account when 'available' then n.amount else 0 end)
        - (case n.debit_account when 'available' then n.amount else 0 end) as available_change,
      (case n.credit_account when 'held' then n.amount else 0 end)
        - (case n.debit_account when 'held' then n.amount else 0 end) as held_change,
      (case n.debit_account when 'debt' then n.amount else 0 end)
        - (case n.credit_account when 'debt' then n.amount else 0 end) as debt_change,
      lag(n.seq) over by_wallet as seq_before,
      lag(n.available_after) over by_wallet as available_before,
      lag(n.held_after) over by_wallet as held_before,
      lag(n.debt_after) over by_wallet as debt_before
    from appended n
    window by_wallet as (partition by n.wallet_id order by n.seq)
  ) r
  left join wallets w on w.id = r.wallet_id and w.project_id = r.project_id
  where w.id is null
    or r.seq <> coalesce(r.seq_before, w.seq) + 1
    or r.available_after <> coalesce(r.available_before, w.available) + r.available_change
    or r.held_after <> coalesce(r.held_before, w.held) + r.held_change
    or r.debt_after <> coalesce(r.debt_before, w.debt) + r.debt_change
  limit 1;
  if found then
    raise exception 'transfer % of wallet % does not continue its wallet', broken.seq, broken.wallet_id
      using errcode = 'check_violation', constraint = 'transfers_continue_wallet', table = 'transfers';
  end if;

  -- The comparison of seq is written so that no index on seq can serve it: a busy wallet has millions of them.
  if exists (
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

  update wallets w
  set available = l.available_after, held = l.held_after, debt = l.debt_after, seq = l.seq
  from (
    select distinct on (wallet_id) wallet_id, seq, available_after, held_after, debt_after
    from appended order by wallet_id, seq desc
  ) l
  where w.id = l.wallet_id;

  select count(distinct (wallet_id, lot_no)) into lots_named from appended;
  update lots t
  set remaining = t.remaining + m.change
  from (
    select project_id, wallet_id, lot_no,
      sum((case when credit_account in ('available', 'held') then amount else 0 end)
        - (case when debit_account in ('available', 'held') then amount else 0 end))::bigint as change
    from appended group by project_id, wallet_id, lot_no
  ) m
  where t.project_id = m.project_id and t.wallet_id = m.wallet_id and t.lot_no = m.lot_no;
  get diagnostics lots_moved = row_count;
  if lots_moved <> lots_named then
    raise exception 'a transfer names a lot that its wallet does not have'
      using errcode = 'check_violation', constraint = 'transfers_lot_exists', table = 'transfers';
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

create trigger wallets_open_empty before insert on wallets for each row
  when (new.available <> 0 or new.held <> 0 or new.debt <> 0 or new.seq <> 0)
  execute function ledger_refuse('a wallet opens empty');
create trigger wallets_balance_from_transfers before update on wallets for each row
  when (pg_trigger_depth() = 0 and (old.available, old.held, old.debt, old.seq)
    is distinct from (new.available, new.held, new.debt, new.seq))
  execute function ledger_refuse('balances change only by transfers');
create trigger wallets_identity before update on wallets for each row
  when ((old.id, old.project_id, old.customer_id) is distinct from (new.id, new.project_id, new.customer_id))
  execute function ledger_refuse('a wallet keeps its owner');
create trigger wallets_kept before delete on wallets
  for each row execute function ledger_refuse('wallets are kept');
create trigger wallets_never_emptied before truncate on wallets
  for each statement execute function ledger_refuse('wallets are kept');

create trigger lots_open_empty before insert on lots for each row
  when (new.remaining <> 0) execute function ledger_refuse('a lot is filled by its first transfer');
create trigger lots_remaining_from_transfers before update on lots for each row
  when (pg_trigger_depth() = 0) execute function ledger_refuse('lots change only by transfers');
create trigger lots_kept before delete on lots
  for each row execute function ledger_refuse('lots are kept');
create trigger lots_never_emptied before truncate on lots
  for each statement execute function ledger_refuse('lots are kept');
`;
