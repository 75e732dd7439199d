import { present } from "../kernel/assert.js";
import { type Credits, micro } from "../kernel/credits.js";
import type { ProjectId } from "../kernel/ids.js";
import type { Database, Trx } from "../platform/db/connect.js";
import { inTransaction } from "../platform/db/transaction.js";
import type { TransferKind } from "./movements.js";
import { allowLongSums, type FlowRow, sumFlows, sumRefunds } from "./store/flows.js";

/** Credits, and what they cost. */
export interface Valued {
  readonly credits: Credits;
  /** In minor units of the currency. */
  readonly costMinor: bigint;
}

/** What the lots of one currency had, gained, lost, and had then. */
export interface LotFlows {
  /** Of what was paid for the lots; `null` for those that cost nothing. */
  readonly currency: string | null;
  readonly start: Valued;
  /** What each kind of transfer moved into lots or out of them, never below nothing; no entry for other kinds. */
  readonly moved: ReadonlyMap<TransferKind, Valued>;
  readonly end: Valued;
}

/** What all wallets owed, and what each kind of transfer added to it or took from it. */
export interface DebtFlows {
  readonly start: Credits;
  readonly moved: ReadonlyMap<TransferKind, Credits>;
}

/** Money that went back with reversals of purchases, and came again, in minor units: their own lots' share of it. */
export interface RefundFlows {
  readonly currency: string;
  readonly takenMinor: bigint;
  readonly returnedMinor: bigint;
}

export interface Flows {
  readonly lots: readonly LotFlows[];
  readonly refunds: readonly RefundFlows[];
  readonly debt: DebtFlows;
}

export interface FlowPeriod {
  readonly from: Date;
  /** The first moment that is not in it any more. */
  readonly to: Date;
  /** How long one statement may take: some seconds per million transfers since `from`. */
  readonly timeoutMs: number;
}

/** Beyond the server's own bound, so that it gets to say why. */
const graceMs = 1_000;

/**
 * What a project's credits did from one time to another, by kind and currency, with what they cost.
 *
 * What is left of a lot costs what all of it cost, less the share of what is gone, rounded down to the minor unit. So
 * the parts of a lot always add up to what it cost, and what is left when a period ends is what there is when the
 * next one begins. What reversals gave back is the reversed credits' share of what their purchase cost, rounded down in
 * the same way. Within the period a lot first gets what it got, and then loses what it lost, kind by kind, in
 * the order of the movements.
 */
export async function readFlows(
  db: Database,
  projectId: ProjectId,
  { from, to, timeoutMs }: FlowPeriod,
): Promise<Flows> {
  const timeouts = { statementTimeoutMs: timeoutMs, queryTimeoutMs: timeoutMs + graceMs };
  const asked = { projectId, from, to };
  const sum = async (trx: Trx) => {
    await allowLongSums(trx, timeouts);
    return {
      rows: await sumFlows(trx, asked, timeouts),
      refunds: await sumRefunds(trx, asked, timeouts),
    };
  };
  const snapshot = { isolation: "repeatable read", readOnly: true } as const;
  const { rows, refunds } = await inTransaction(db, sum, snapshot);
  const ofCurrency = (wanted: string | null) => rows.filter(({ currency }) => currency === wanted);
  const currencies = new Set(
    rows.map(({ currency }) => currency).filter((each) => each !== "debt"),
  );
  return {
    lots: [...currencies].map((currency) => toLotFlows(currency, ofCurrency(currency))),
    refunds: refunds.map(({ currency, taken, returned }) => ({
      currency,
      takenMinor: BigInt(taken),
      returnedMinor: BigInt(returned),
    })),
    debt: toDebtFlows(ofCurrency("debt")),
  };
}

function toLotFlows(currency: string | null, rows: readonly FlowRow[]): LotFlows {
  return {
    currency,
    start: valued(rowNamed(rows, "start")),
    moved: new Map(moves(rows).map(([kind, row]) => [kind, valued(row)])),
    end: valued(rowNamed(rows, "end")),
  };
}

function toDebtFlows(rows: readonly FlowRow[]): DebtFlows {
  return {
    start: valued(rowNamed(rows, "start")).credits,
    moved: new Map(moves(rows).map(([kind, row]) => [kind, valued(row).credits])),
  };
}

function rowNamed(rows: readonly FlowRow[], name: "start" | "end"): FlowRow {
  return present(
    rows.find(({ flow }) => flow === name),
    "the ends of a period are always summed",
  );
}

function moves(rows: readonly FlowRow[]): readonly (readonly [TransferKind, FlowRow])[] {
  return rows.flatMap((row) =>
    row.flow === "start" || row.flow === "end" ? [] : [[row.flow, row] as const],
  );
}

function valued({ credits, cost }: FlowRow): Valued {
  return { credits: micro(BigInt(credits)), costMinor: BigInt(cost) };
}
