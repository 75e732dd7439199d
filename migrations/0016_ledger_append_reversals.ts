import type { Knex } from "knex";

/**
 * The trigger of `0013_ledger_append`, with part 5, and with how a hold ends that a reversal has emptied. It also
 * refuses rows that do not move what their reversal says. `lot_balances` shows what was reversed.
 */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(appendTrigger);
  await knex.raw(lotBalances);
}

/** The trigger stays: without rows that a reversal caused it does what the one before did. */
export async function down(knex: Knex): Promise<void> {
  await knex.raw(lotBalancesBefore);
}

const appendTrigger = `
create or replace function ledger_append() returns trigger language plpgsql
  set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set enable_material = off
as $$
declare
  broken boolean;
  rows_named bigint;
  rows_moved bigint;
  others uuid[];
begin
  -- 1. Within the statement each row continues the one before it, and a wallet's first row continues the wallet: only
  -- then the wallet is found, and takes its last balances over. A wallet whose rows all spend from its head lot, and do
  -- not empty it, keeps count of that lot by itself.
  with chained as materialized (
    select n.project_id, n.wallet_id, n.seq, n.available_after, n.held_after, n.debt_after, n.lot_no, n.kind,
      n.available_change, n.held_change, n.debt_change,
      lag(n.project_id) over by_seq as project_before,
      lag(n.seq) over by_seq as seq_before,
      lag(n.available_after) over by_seq as available_before,
      lag(n.held_after) over by_seq as held_before,
      lag(n.debt_after) over by_seq as debt_before,
      lead(n.seq) over by_seq as seq_next,
      count(*) over by_wallet as lines,
      (sum(n.available_change) over by_wallet)::bigint as available_moved,
      (sum(n.held_change) over by_wallet)::bigint as held_moved,
      (sum(n.debt_change) over by_wallet)::bigint as debt_moved,
      case when bool_and(n.kind = 'spend') over by_wallet and min(n.lot_no) over by_wallet = max(n.lot_no) over by_wallet
        then n.lot_no end as lot_spent
    from (
      select *,
        (case credit_account when 'available' then amount else 0 end)
          - (case debit_account when 'available' then amount else 0 end) as available_change,
        (case credit_account when 'held' then amount else 0 end)
          - (case debit_account when 'held' then amount else 0 end) as held_change,
        (case debit_account when 'debt' then amount else 0 end)
          - (case credit_account when 'debt' then amount else 0 end) as debt_change
      from appended
    ) n
    window by_seq as (partition by n.wallet_id order by n.seq), by_wallet as (partition by n.wallet_id)
  ), taken_over as (
    update wallets w
    set available = l.available_after, held = l.held_after, debt = l.debt_after, seq = l.seq,
      head_left = case when w.head_lot_no = l.lot_spent and w.head_left > -l.available_moved
        then w.head_left + l.available_moved end,
      head_burned = case when w.head_lot_no = l.lot_spent and w.head_left > -l.available_moved
        then w.head_burned - l.available_moved else w.head_burned end
    from chained l
    where l.seq_next is null and w.id = l.wallet_id and w.project_id = l.project_id
      and w.seq = l.seq - l.lines
      and w.available = l.available_after - l.available_moved
      and w.held = l.held_after - l.held_moved
      and w.debt = l.debt_after - l.debt_moved
    returning w.id, w.head_left
  )
  select coalesce(bool_or(seq <> seq_before + 1 or project_id <> project_before
      or available_after <> available_before + available_change
      or held_after <> held_before + held_change
      or debt_after <> debt_before + debt_change), false),
    count(*) filter (where seq_before is null),
    (select count(*) from taken_over),
    (select array_agg(id) filter (where head_left is null) from taken_over)
  into broken, rows_named, rows_moved, others from chained;
  if broken or rows_moved <> rows_named then
    raise exception 'a transfer does not continue its wallet'
      using errcode = 'check_violation', constraint = 'transfers_continue_wallet', table = 'transfers';
  end if;

  -- 2. The comparison of seq is written so that no index on seq can serve it: a busy wallet has millions of them.
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

  -- 3. The lots of the other wallets, with what their heads had counted by themselves. The lot that was spent last
  -- becomes the head.
  if others is not null then
    with moved as materialized (
      select project_id, wallet_id, lot_no, sum(change)::bigint as change, sum(held_change)::bigint as held_change
      from (
        select project_id, wallet_id, lot_no,
          (case when credit_account in ('available', 'held') then amount else 0 end)
            - (case when debit_account in ('available', 'held') then amount else 0 end) as change,
          (case credit_account when 'held' then amount else 0 end)
            - (case debit_account when 'held' then amount else 0 end) as held_change
        from appended where lot_no is not null and wallet_id = any (others)
        union all
        select project_id, id, head_lot_no, -head_burned, 0 from wallets where id = any (others) and head_burned > 0
      ) changes group by project_id, wallet_id, lot_no
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
    update wallets w
    set head_lot_no = h.lot_no, head_left = h.remaining - h.held, head_burned = 0, head_expires_at = h.expires_at
    from (
      select distinct on (wallet_id) wallet_id, lot_no, kind from appended
      where wallet_id = any (others) order by wallet_id, seq desc
    ) l left join lots h on l.kind = 'spend' and h.wallet_id = l.wallet_id and h.lot_no = l.lot_no
    where w.id = l.wallet_id;
  end if;

  -- 4. Holds, by the rows that name one. The last row of an emptied hold says how it ended.
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
          then (case m.cause_last when 'release' then 'released' when 'reversal' then 'released'
            when 'expiry' then 'expired' else 'captured' end)::hold_end
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
  -- 5. Reversals, by the rows that one caused: together they move what it says, all in this statement, and the lot of
  -- its purchase adds it up. Wallets that only spend from their heads have none.
  if others is not null and exists (select from appended where cause = 'reversal') then
    with moved as materialized (
      select project_id, wallet_id, cause_id, count(*) as lines,
        coalesce(sum(amount) filter (where credit_account = 'stripe_clearing'), 0)::bigint as taken,
        coalesce(sum(amount) filter (where debit_account = 'stripe_clearing'), 0)::bigint as given_back
      from appended where cause = 'reversal' group by project_id, wallet_id, cause_id
    ), named as materialized (
      select r.project_id, r.wallet_id, r.purchase_id, r.amount
      from moved m
      join reversals r on r.id = m.cause_id and r.wallet_id = m.wallet_id and r.project_id = m.project_id
      where m.taken = greatest(r.amount, 0) and m.given_back = greatest(-r.amount, 0)
        and m.lines = (select count(*) from transfers t where t.cause = 'reversal' and t.cause_id = m.cause_id)
    ), taken_over as (
      update lots l set reversed = l.reversed + n.change
      from (
        select project_id, wallet_id, purchase_id, sum(amount)::bigint as change, count(*) as reversals
        from named group by project_id, wallet_id, purchase_id
      ) n
      where l.purchase_id = n.purchase_id and l.wallet_id = n.wallet_id and l.project_id = n.project_id
      returning n.reversals
    )
    select (select count(*) from moved), (select coalesce(sum(reversals), 0) from taken_over)
    into rows_named, rows_moved;
    if rows_moved <> rows_named then
      raise exception 'transfers do not move what their reversal says'
        using errcode = 'check_violation', constraint = 'transfers_of_reversal', table = 'transfers';
    end if;
  end if;
  return null;
end $$;
`;

const lotBalances = `
create or replace view lot_balances as
  select l.project_id, l.wallet_id, l.lot_no, l.granted,
    l.remaining - (case when w.head_lot_no = l.lot_no then w.head_burned else 0 end) as remaining, l.held,
    l.reversed, l.purchase_id
  from lots l join wallets w on w.id = l.wallet_id;
`;

const lotBalancesBefore = `
drop view lot_balances;
create view lot_balances as
  select l.project_id, l.wallet_id, l.lot_no, l.granted,
    l.remaining - (case when w.head_lot_no = l.lot_no then w.head_burned else 0 end) as remaining, l.held
  from lots l join wallets w on w.id = l.wallet_id;
`;
