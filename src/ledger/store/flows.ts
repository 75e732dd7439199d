import type { ProjectId } from "../../kernel/ids.js";
import { micro } from "../../kernel/credits.js";
import type { Trx } from "../../platform/db/connect.js";
import { balanceChange, movements, type TransferKind } from "../movements.js";

/** Sums over the lots of one currency, as digits: a sum over all wallets fits no column. */
export interface FlowRow {
  /** `null` for lots that cost nothing; `debt` for what wallets owe. */
  readonly currency: string | null;
  readonly start: string;
  /** What each kind moved, in the order of {@link flowKinds}. */
  readonly moved: readonly string[];
  /** What the lots cost at the start, and after each kind that changes a lot. */
  readonly costs: readonly string[];
}

const kinds = Object.keys(movements) as TransferKind[];
const lotChange = (kind: TransferKind) => {
  const { available, held } = balanceChange(kind, micro(1n));
  return available + held;
};
const debtChange = (kind: TransferKind) => balanceChange(kind, micro(1n)).debt;

/** The kinds that change what is in a lot: those that fill it before those that take from it. */
export const lotKinds: readonly TransferKind[] = [
  ...kinds.filter((kind) => lotChange(kind) > 0n),
  ...kinds.filter((kind) => lotChange(kind) < 0n),
];
/** The kinds that change what wallets owe and no lot. */
const debtKinds = kinds.filter((kind) => debtChange(kind) !== 0n);
export const flowKinds: readonly TransferKind[] = [
  ...lotKinds,
  ...debtKinds.filter((kind) => !lotKinds.includes(kind)),
];

const listOf = (some: readonly TransferKind[]) => some.map((kind) => `'${kind}'`).join(", ");
const signed = (some: readonly TransferKind[], change: (kind: TransferKind) => bigint) =>
  `case when kind in (${listOf(some.filter((kind) => change(kind) > 0n))}) then amount
    when kind in (${listOf(some.filter((kind) => change(kind) < 0n))}) then -amount end`;

/** What is in a lot after the first `count` kinds have done in the period what they did. */
const leftAfter = (count: number) =>
  [
    "at_start",
    ...lotKinds.slice(0, count).map((kind) => (lotChange(kind) > 0n ? kind : `-${kind}`)),
  ]
    .join(" + ")
    .replaceAll("+ -", "- ");

/** What is left of a lot costs what the whole cost, less the share of what is gone, rounded down. */
const costOf = (left: string) => `div(cost_minor::numeric * (${left}) + granted - 1, granted)`;
const digits = (sum: string) => `coalesce(sum(${sum}), 0)::text`;

/**
 * One pass over what moved since the period began: by lot, by kind within it, and in all after it. What a lot had at its ends
 * is reckoned back from what it has now, so the past before the period is never read. `moved` has one row for a
 * lot that moved; lots that did not, and are spent, are not looked at.
 */
const question = `
with moved as materialized (
  select wallet_id, lot_no,
    ${flowKinds.map((kind) => `coalesce(sum(amount) filter (where kind = '${kind}' and created_at < :to), 0)::bigint as ${kind}`).join(", ")},
    coalesce(sum(${signed(lotKinds, lotChange)}) filter (where created_at >= :to), 0)::bigint as later,
    coalesce(sum(${signed(debtKinds, debtChange)}) filter (where created_at >= :to), 0)::bigint as owed_later
  from transfers
  where project_id = :projectId and created_at >= :from and kind in (${listOf(flowKinds)})
  group by wallet_id, lot_no
), now_left as (
  select l.wallet_id, l.lot_no, l.currency, l.cost_minor, l.granted,
    l.remaining - (case when w.head_lot_no = l.lot_no then w.head_burned else 0 end) as remaining
  from lots l join wallets w on w.id = l.wallet_id
  where l.project_id = :projectId
    and (l.unspent or exists (select from moved m where m.wallet_id = l.wallet_id and m.lot_no = l.lot_no))
), lot_flows as (
  select l.currency, l.cost_minor, l.granted,
    ${lotKinds.map((kind) => `coalesce(m.${kind}, 0) as ${kind}`).join(", ")},
    l.remaining - coalesce(m.later, 0)
      - coalesce(${lotKinds.map((kind) => `${lotChange(kind) > 0n ? "+" : "-"} m.${kind}`).join(" ")}, 0) as at_start
  from now_left l left join moved m on m.wallet_id = l.wallet_id and m.lot_no = l.lot_no
)
select currency, ${digits("at_start")} as start,
  array[${flowKinds.map((kind) => (lotKinds.includes(kind) ? digits(kind) : "'0'")).join(", ")}] as moved,
  array[${[0, ...lotKinds.keys()].map((_, count) => digits(costOf(leftAfter(count)))).join(", ")}] as costs
from lot_flows group by currency
union all
select 'debt', ((select coalesce(sum(debt), 0) from wallets where project_id = :projectId)
    - coalesce(sum(owed_later), 0)
    - coalesce(sum(${debtKinds.map((kind) => `${debtChange(kind) > 0n ? "+" : "-"} ${kind}`).join(" ")}), 0))::text,
  array[${flowKinds.map((kind) => (debtKinds.includes(kind) ? digits(kind) : "'0'")).join(", ")}], '{}'
from moved`;

/** What a project's lots and debts did in a period. */
export async function sumFlows(
  trx: Trx,
  period: { readonly projectId: ProjectId; readonly from: Date; readonly to: Date },
  { queryTimeoutMs }: { readonly queryTimeoutMs: number },
): Promise<readonly FlowRow[]> {
  const { rows } = await trx
    .raw<{ rows: FlowRow[] }>(question, { ...period })
    .options({ query_timeout: queryTimeoutMs });
  return rows;
}

/** What the one statement of a report may use: it sums a whole month. */
export async function allowLongSums(
  trx: Trx,
  { statementTimeoutMs }: { readonly statementTimeoutMs: number },
): Promise<void> {
  await trx.raw(
    "select set_config('work_mem', '128MB', true), set_config('statement_timeout', ?, true), set_config('jit', 'off', true)",
    [String(statementTimeoutMs)],
  );
}
