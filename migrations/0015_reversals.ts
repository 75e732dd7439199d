import type { Knex } from "knex";

/**
 * Credits of a purchase that are taken back, because its money went back, and given back when the money returns. One
 * row of `reversals` for each time; what it moved is in `transfers`, with that row as the cause. The purchase's own
 * lot adds up how much was reversed, which `0016_ledger_append_reversals` does.
 */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(reversals);
  await knex.raw(movements);
}

/** Refused by the constraints once something was reversed: it would take history away. */
export async function down(knex: Knex): Promise<void> {
  await knex.raw(movementsBefore);
  await knex.raw(`
    drop trigger lots_open_empty on lots;
    create trigger lots_open_empty before insert on lots for each row
      when (new.remaining <> 0) execute function ledger_refuse('a lot is filled by its first transfer');
    alter table lots drop column reversed;
    drop table reversals;
    drop function reversals_are_moved();
  `);
}

const reversals = `
create table reversals (
  project_id  uuid not null,
  wallet_id   uuid not null references wallets (id),
  id          uuid not null,
  purchase_id uuid not null,
  -- Counts the reversals of a purchase, so that the same change is not written twice.
  number      integer not null check (number > 0),
  -- Taken back when above zero, given back when below.
  amount      bigint not null check (amount <> 0),
  because     text not null check (length(because) between 1 and 500),
  created_at  timestamptz not null default clock_timestamp(),
  primary key (id, wallet_id),
  constraint reversals_numbered_once unique (purchase_id, number)
);
create trigger reversals_immutable before update or delete on reversals
  for each row execute function ledger_refuse('reversals are never changed');
create trigger reversals_never_emptied before truncate on reversals
  for each statement execute function ledger_refuse('reversals are never removed');

create function reversals_are_moved() returns trigger language plpgsql as $$
begin
  if not exists (select from transfers where cause = 'reversal' and cause_id = new.id) then
    raise exception 'reversals: a reversal moves credits in the transaction that writes it'
      using errcode = 'check_violation', constraint = 'reversals_are_moved', table = 'reversals';
  end if;
  return null;
end $$;
create constraint trigger reversals_are_moved after insert on reversals
  deferrable initially deferred for each row execute function reversals_are_moved();

-- What was taken back of the purchase that the lot was bought with, wherever in the wallet it was taken from.
alter table lots add column reversed bigint not null default 0,
  add constraint lots_reversed_within_granted check (reversed between 0 and granted);
drop trigger lots_open_empty on lots;
create trigger lots_open_empty before insert on lots for each row
  when (new.remaining <> 0 or new.reversed <> 0)
  execute function ledger_refuse('a lot is filled by its first transfer');
`;

/** The most frequent kinds first: the constraint is looked at for every row. */
const movements = `
alter table transfers
  drop constraint transfers_declared_movement,
  drop constraint transfers_name_their_lot,
  add constraint transfers_declared_movement check (
       (kind = 'spend'          and debit_account = 'available'       and credit_account = 'revenue')
    or (kind = 'hold'           and debit_account = 'available'       and credit_account = 'held')
    or (kind = 'capture'        and debit_account = 'held'            and credit_account = 'revenue')
    or (kind = 'release'        and debit_account = 'held'            and credit_account = 'available')
    or (kind = 'purchase'       and debit_account = 'stripe_clearing' and credit_account = 'available')
    or (kind = 'promotion'      and debit_account = 'promotion'       and credit_account = 'available')
    or (kind = 'correction_in'  and debit_account = 'correction'      and credit_account = 'available')
    or (kind = 'correction_out' and debit_account = 'available'       and credit_account = 'correction')
    or (kind = 'debt_repayment' and debit_account = 'available'       and credit_account = 'debt')
    or (kind = 'overdraft'      and debit_account = 'debt'            and credit_account = 'revenue')
    or (kind = 'expire'         and debit_account = 'available'       and credit_account = 'breakage')
    or (cause = 'reversal' and (
         (kind = 'reversal'           and debit_account = 'available'       and credit_account = 'stripe_clearing')
      or (kind = 'reversal_debt'      and debit_account = 'debt'            and credit_account = 'stripe_clearing')
      or (kind = 'reinstatement'      and debit_account = 'stripe_clearing' and credit_account = 'available')
      or (kind = 'reinstatement_debt' and debit_account = 'stripe_clearing' and credit_account = 'debt')
      or (kind = 'repayment_returned' and debit_account = 'debt'            and credit_account = 'available')
    ))
  ),
  -- Credits always lie in a lot; only what is owed lies in none.
  add constraint transfers_name_their_lot check (
    (lot_no is null) = (kind in ('overdraft', 'reversal_debt', 'reinstatement_debt')));

drop index transfers_caused_once;
create unique index transfers_caused_once on transfers (cause_id, cause, leg)
  where cause in ('usage', 'hold', 'capture', 'release', 'reversal');
-- Who paid the debts of a wallet, and who paid last.
create index transfers_debt_repaid on transfers (wallet_id, seq)
  where kind in ('debt_repayment', 'repayment_returned');
`;

const movementsBefore = `
drop index transfers_debt_repaid;
drop index transfers_caused_once;
create unique index transfers_caused_once on transfers (cause_id, cause, leg)
  where cause in ('usage', 'hold', 'capture', 'release');
alter table transfers
  drop constraint transfers_declared_movement,
  drop constraint transfers_name_their_lot,
  add constraint transfers_declared_movement check (
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
  add constraint transfers_name_their_lot check ((lot_no is null) = (kind = 'overdraft'));
`;
