import { present } from "../kernel/assert.js";
import { type Credits, micro } from "../kernel/credits.js";
import type { ProjectId } from "../kernel/ids.js";
import type { Database } from "../platform/db/connect.js";
import { inTransaction } from "../platform/db/transaction.js";
import { balanceChange, type TransferKind } from "./movements.js";
import { allowLongSums, type FlowRow, flowKinds, lotKinds, sumFlows } from "./store/flows.js";

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

export interface Flows {
  readonly lots: readonly LotFlows[];
  readonly debt: DebtFlows;
}

const statementTimeoutMs = 20_000;
const graceMs = 1_000;

/**
 * What a project's credits did from one time to another, by kind and currency, with what they cost.
 *
 * What is left of a lot costs what all of it cost, less the share of what is gone, rounded down to the minor unit. So
 * the parts of a lot always add up to what it cost, and what is left when a period ends is what there is when the
 * next one begins. Within the period a lot first gets what it got, and then loses what it lost, kind by kind, in
 * the order of the movements.
 */
export async function readFlows(
  db: Database,
  projectId: ProjectId,
  period: { readonly from: Date; readonly to: Date },
): Promise<Flows> {
  const rows = await inTransaction(
    db,
    async (trx) => {
      await allowLongSums(trx, { statementTimeoutMs });
      const queryTimeoutMs = statementTimeoutMs + graceMs;
      return sumFlows(trx, { projectId, ...period }, { queryTimeoutMs });
    },
    { isolation: "repeatable read", readOnly: true },
  );
  const debt = present(
    rows.find(({ currency }) => currency === "debt"),
    "debts are always summed",
  );
  const lots = rows.filter((row) => row !== debt);
  return { lots: lots.map(toLotFlows), debt: toDebtFlows(debt) };
}

function toLotFlows({ currency, start, moved, costs }: FlowRow): LotFlows {
  const costAt = (step: number) => BigInt(present(costs[step], "each step has its cost"));
  const movedBy = new Map(
    lotKinds.map((kind, index) => {
      const difference = costAt(index + 1) - costAt(index);
      const costMinor = difference < 0n ? -difference : difference;
      return [kind, { credits: micro(BigInt(moved[index] ?? "0")), costMinor }] as const;
    }),
  );
  const change = [...movedBy].reduce((sum, [kind, { credits }]) => {
    const { available, held } = balanceChange(kind, credits);
    return sum + available + held;
  }, 0n);
  return {
    currency,
    start: { credits: micro(BigInt(start)), costMinor: costAt(0) },
    moved: movedBy,
    end: { credits: micro(BigInt(start) + change), costMinor: costAt(lotKinds.length) },
  };
}

function toDebtFlows({ start, moved }: FlowRow): DebtFlows {
  const entries = flowKinds.map(
    (kind, index) => [kind, micro(BigInt(moved[index] ?? "0"))] as const,
  );
  return {
    start: micro(BigInt(start)),
    moved: new Map(entries.filter(([, amount]) => amount > 0n)),
  };
}
