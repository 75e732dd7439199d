import type { ProjectId } from "../../kernel/ids.js";
import { micro } from "../../kernel/credits.js";
import type { Trx } from "../../platform/db/connect.js";
import { balanceChange, movements, type TransferKind } from "../movements.js";

/** One sum over the lots of one currency, as digits: a sum over all wallets fits no column. */
export interface FlowRow {
  /** `null` for lots that cost nothing; `debt` for what wallets owe. */
  readonly currency: string | null;
  readonly flow: "start" | "end" | TransferKind;
  readonly credits: string;
  readonly cost: string;
}

const kinds = Object.keys(movements) as TransferKind[];
const lotChange = (kind: TransferKind) => {
  const { available, held } = balanceChange(kind, micro(1n));
  return available + held;
};
const debtChange = (kind: TransferKind) => balanceChange(kind, micro(1n)).debt;

/** The kinds that change what is in a lot: those that fill it before those that take from it. */
const lotKinds = [
  ...kinds.filter((kind) => lotChange(kind) > 0n),
  ...kinds.filter((kind) => lotChange(kind) < 0n),
];
/** The kinds that change what wallets owe. */
const debtKinds = kinds.filter((kind) => debtChange(kind) !== 0n);

const listOf = (some: readonly TransferKind[]) => some.map((kind) => `'${kind}'`).join(", ");
const signOf = (change: (kind: TransferKind) => bigint) =>
  `(case when m.kind in (${listOf(kinds.filter((kind) => change(kind) > 0n))}) then 1
    when m.kind in (${listOf(kinds.filter((kind) => change(kind) < 0n))}) then -1 end)`;
const placeOf = `(case m.kind ${lotKinds.map((kind, place) => `when '${kind}' then ${place}`).join(" ")} end)`;
const digits = (sum: string) => `coalesce(sum(${sum}), 0)::text`;

/**
 * What is left of a lot costs what the whole cost, less the share of what is gone, rounded down. Nearly all
 * products fit a bigint, which is many times faster.
 */
const costOf = (left: string) => `(case
  when (9000000000000000000 - granted) / greatest(${left}, 1) >= cost_minor
    then (cost_minor * (${left}) + granted - 1) / granted
  else div(cost_minor::numeric * (${left}) + granted - 1, granted)::bigint end)`;

/**
 * One pass over what moved since the period began, by lot and kind. What a lot had at the period's ends is reckoned back
 * from what it has now, so the past before the period is never read; lots that did not move since, and are spent, do not
 * count. Each kind in turn then takes its share of what a lot cost.
 */
const question = `
with moved as materialized (
  select wallet_id, lot_no, kind,
    coalesce(sum(amount) filter (where created_at < :to), 0)::bigint as amount,
    coalesce(sum(amount) filter (where created_at >= :to), 0)::bigint as later
  from transfers
  where project_id = :projectId and created_at >= :from
    and kind in (${listOf([...new Set([...lotKinds, ...debtKinds])])})
  group by wallet_id, lot_no, kind
), moved_lots as materialized (
  select wallet_id, lot_no,
    sum(${signOf(lotChange)} * amount)::bigint as change, sum(${signOf(lotChange)} * later)::bigint as later
  from moved m where lot_no is not null group by wallet_id, lot_no
), known as materialized (
  select l.wallet_id, l.lot_no, l.currency, l.cost_minor, l.granted, n.at_end, n.at_end - coalesce(m.change, 0) as at_start
  from lots l
  join wallets w on w.id = l.wallet_id and w.project_id = :projectId
  left join moved_lots m on m.wallet_id = l.wallet_id and m.lot_no = l.lot_no
  cross join lateral (select l.remaining - coalesce(m.later, 0)
    - (case when w.head_lot_no = l.lot_no then w.head_burned else 0 end) as at_end) n
  where l.project_id = :projectId and (l.unspent or m.wallet_id is not null)
), steps as (
  select k.currency, k.cost_minor, k.granted, m.kind, m.amount, ${signOf(lotChange)} * m.amount as change,
    (k.at_start + sum(${signOf(lotChange)} * m.amount)
      over (partition by m.wallet_id, m.lot_no order by ${placeOf}))::bigint as left_after
  from moved m join known k on k.wallet_id = m.wallet_id and k.lot_no = m.lot_no
  where m.amount > 0
)
select currency, 'start' as flow, ${digits("at_start")} as credits, ${digits(costOf("at_start"))} as cost
from known group by currency
union all
select currency, 'end', ${digits("at_end")}, ${digits(costOf("at_end"))}
from known group by currency
union all
select currency, kind::text, ${digits("amount")}, ${digits(`abs(${costOf("left_after")} - ${costOf("left_after - change")})`)}
from steps group by currency, kind
union all
select 'debt', 'start', ((select coalesce(sum(debt), 0) from wallets where project_id = :projectId)
  - coalesce(sum(${signOf(debtChange)} * (m.amount + m.later)), 0))::text, '0'
from moved m where m.kind in (${listOf(debtKinds)})
union all
select 'debt', kind::text, ${digits("amount")}, '0'
from moved m where m.kind in (${listOf(debtKinds)}) and amount > 0 group by kind`;

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

/** What a purchase's reversals gave of its money back, in all of a currency, as digits. */
export interface RefundRow {
  readonly currency: string;
  readonly taken: string;
  readonly returned: string;
}

const takenBack = "t.kind in ('reversal', 'reversal_debt')";
const shareOf = (credits: string) => `div(l.cost_minor::numeric * (${credits}), l.granted)`;

/** By the purchase that is reversed, whatever lots its credits were taken from. There are few, so indexes find them. */
const refundQuestion = `
with changed as (
  select r.purchase_id,
    coalesce(sum(t.amount) filter (where ${takenBack} and t.created_at < :to), 0)::bigint as taken,
    coalesce(sum(t.amount) filter (where not ${takenBack} and t.created_at < :to), 0)::bigint as returned,
    coalesce(sum(case when ${takenBack} then t.amount else -t.amount end)
      filter (where t.created_at >= :to), 0)::bigint as later
  from reversals r join transfers t on t.cause = 'reversal' and t.cause_id = r.id
  where r.project_id = :projectId and t.created_at >= :from
    and t.kind in ('reversal', 'reversal_debt', 'reinstatement', 'reinstatement_debt')
  group by r.purchase_id
), reversed as (
  select c.*, l.reversed - c.later - c.taken + c.returned as at_start
  from changed c join lots l on l.purchase_id = c.purchase_id
)
select l.currency, ${digits(`${shareOf("c.at_start + c.taken")} - ${shareOf("c.at_start")}`)} as taken,
  ${digits(`${shareOf("c.at_start + c.taken")} - ${shareOf("c.at_start + c.taken - c.returned")}`)} as returned
from reversed c join lots l on l.purchase_id = c.purchase_id
where l.currency is not null group by l.currency`;

export async function sumRefunds(
  trx: Trx,
  period: { readonly projectId: ProjectId; readonly from: Date; readonly to: Date },
  { queryTimeoutMs }: { readonly queryTimeoutMs: number },
): Promise<readonly RefundRow[]> {
  const { rows } = await trx
    .raw<{ rows: RefundRow[] }>(refundQuestion, { ...period })
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
