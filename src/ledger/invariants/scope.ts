import type { Relations } from "./invariant.js";

/** As in the view `lot_balances`. */
const remains = "l.remaining - (case when w.head_lot_no = l.lot_no then w.head_burned else 0 end)";

/**
 * What the ledger's invariants read. As a whole, these are the tables, and the planner sees through them. Since a
 * moment, these are the wallets that were moved since, with the transfers from the first of that time on and the
 * balances before it: so a busy wallet costs what happened to it lately, not its whole history.
 *
 * - `seen_wallets`: wallets, with `seq_before`, `available_before`, `held_before`, `debt_before`
 * - `seen_transfers`: their transfers, all of those after `seq_before`
 * - `wallet_lots`: all their lots, with what the wallet counts of its head taken into account (`remains`); `whole` says
 *   that all transfers of the lot are seen, also when none of them fills it
 * - `seen_holds`: their holds that are open or that a seen transfer names
 * - `hold_transfers`: all transfers of these holds
 */
export const ledgerRelations: Relations = [
  {
    name: "moved",
    recent: ({ since }) =>
      `select wallet_id, min(seq) as seq_first from transfers where created_at >= ${since} group by wallet_id`,
  },
  {
    name: "seen_wallets",
    whole: ({ inProject }) => `
  select *, 0::bigint as seq_before, 0::bigint as available_before, 0::bigint as held_before, 0::bigint as debt_before
  from wallets where ${inProject("wallets")}`,
    recent: () => `
  select w.*, coalesce(b.seq, 0) as seq_before, coalesce(b.available_after, 0) as available_before,
    coalesce(b.held_after, 0) as held_before, coalesce(b.debt_after, 0) as debt_before
  from moved m
  cross join lateral (select * from wallets where id = m.wallet_id offset 0) w
  left join lateral (
    select * from transfers where wallet_id = m.wallet_id and seq = m.seq_first - 1 offset 0
  ) b on true`,
  },
  {
    name: "seen_transfers",
    whole: ({ inProject }) => `select * from transfers where ${inProject("transfers")}`,
    recent: () => `
  select t.* from moved m
  cross join lateral (select * from transfers where wallet_id = m.wallet_id and seq >= m.seq_first offset 0) t`,
  },
  {
    name: "wallet_lots",
    whole: ({ inProject }) => `
  select l.*, ${remains} as remains, true as whole from lots l join wallets w on w.id = l.wallet_id
  where ${inProject("l")}`,
    recent: () => `
  select l.*, ${remains} as remains, w.seq_before = 0 as whole from seen_wallets w
  cross join lateral (select * from lots where wallet_id = w.id offset 0) l`,
  },
  {
    name: "seen_holds",
    whole: ({ inProject }) => `select * from holds where ${inProject("holds")}`,
    recent: () => `
  select h.* from moved m
  cross join lateral (select * from holds where wallet_id = m.wallet_id and ended_at is null offset 0) h
  union all
  select h.* from (select distinct hold_id, wallet_id from seen_transfers where hold_id is not null) n
  cross join lateral (
    select * from holds where id = n.hold_id and wallet_id = n.wallet_id and ended_at is not null offset 0
  ) h`,
  },
  {
    name: "hold_transfers",
    whole: ({ inProject }) =>
      `select * from transfers where hold_id is not null and ${inProject("transfers")}`,
    recent: () => `
  select t.* from seen_holds h
  cross join lateral (select * from transfers where hold_id = h.id and wallet_id = h.wallet_id offset 0) t`,
  },
];

/** How one transfer changes each balance of its wallet. Debt is owed to us, so it grows by debits. */
export const change = {
  available: `((case credit_account when 'available' then amount else 0 end)
    - (case debit_account when 'available' then amount else 0 end))`,
  held: `((case credit_account when 'held' then amount else 0 end)
    - (case debit_account when 'held' then amount else 0 end))`,
  debt: `((case debit_account when 'debt' then amount else 0 end)
    - (case credit_account when 'debt' then amount else 0 end))`,
} as const;

/** The kinds that open a lot: one transfer fills it. */
export const fillsLot = "kind in ('purchase', 'promotion', 'correction_in')";

/** The least time-ordered id (UUIDv7) that can have been made at `moment`, an expression. */
export function leastIdAt(moment: string): string {
  return `(lpad(to_hex(greatest(floor(extract(epoch from ${moment}) * 1000), 0)::bigint), 12, '0') || repeat('0', 20))::uuid`;
}
