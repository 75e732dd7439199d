import fc from "fast-check";
import { type Credits, micro, minCredits } from "../../src/kernel/credits.js";
import { newId, type PurchaseId, type ReversalId, type WalletId } from "../../src/kernel/ids.js";
import { approve, refuse } from "../../src/kernel/verdict.js";
import type { Movement } from "../../src/ledger/decide-all.js";
import { decideReinstatement } from "../../src/ledger/decide-reinstatement.js";
import { decideReserve, decideReserveRelease } from "../../src/ledger/decide-reserve.js";
import { decideReversal } from "../../src/ledger/decide-reversal.js";
import { type ReservePurpose, reservePurposes } from "../../src/ledger/reversible.js";

/** What happens when money of a purchase goes back, or may. `pick` chooses among the purchases before. */
export type ReturnAct = {
  readonly pick: number;
  /** At most what can be taken, given back, or set aside. */
  readonly amount: Credits;
} & (
  | { readonly type: "reversal" | "reinstatement" }
  | { readonly type: "reserve" | "releaseReserve"; readonly purpose: ReservePurpose }
);

const common = { pick: fc.nat({ max: 3 }), amount: fc.bigInt({ min: 1n, max: 120n }).map(micro) };

export const returnActs: fc.Arbitrary<ReturnAct> = fc.oneof(
  fc.record({
    ...common,
    type: fc.constantFrom("reversal" as const, "reinstatement" as const),
  }),
  fc.record({
    ...common,
    type: fc.constantFrom("reserve" as const, "releaseReserve" as const),
    purpose: fc.constantFrom(...reservePurposes),
  }),
);

/** A purchase of a run, and what was reversed of it so far. */
export interface Sold {
  readonly purchaseId: PurchaseId;
  readonly granted: bigint;
  reversed: bigint;
  reversals: number;
}

/** What a row of `reversals` says. */
export interface OrderedReversal {
  readonly id: ReversalId;
  readonly walletId: WalletId;
  readonly purchaseId: PurchaseId;
  readonly number: number;
  /** Taken when above 0, given back when below. */
  readonly amount: bigint;
}

export interface OrderedReturn {
  readonly act: ReturnAct;
  readonly walletId: WalletId;
  readonly purchaseId: PurchaseId;
  /** Set when it reverses or reinstates something. */
  readonly reversal: OrderedReversal | null;
}

/** What an act does to which purchase; `null` when there is none, or nothing to take or to give back. */
export function returnOf(
  act: ReturnAct,
  walletId: WalletId,
  purchases: readonly Sold[],
): OrderedReturn | null {
  const sale = purchases.at(-1 - (act.pick % Math.max(1, purchases.length)));
  if (sale === undefined) return null;
  const { purchaseId } = sale;
  if ("purpose" in act) return { act, walletId, purchaseId, reversal: null };
  const most = act.type === "reversal" ? sale.granted - sale.reversed : sale.reversed;
  const amount = act.amount < most ? act.amount : most;
  if (amount === 0n) return null;
  const change = act.type === "reversal" ? amount : -amount;
  sale.reversed += change;
  sale.reversals += 1;
  const id = newId("reversal");
  const reversal = { id, walletId, purchaseId, number: sale.reversals, amount: change };
  return { act, walletId, purchaseId, reversal };
}

const memo = null;

export function returning(walletId: WalletId, ordered: OrderedReturn | null): Movement {
  if (ordered === null)
    return { walletId, decide: () => refuse("conflict", { detail: "There is nothing of it." }) };
  const { act, purchaseId, reversal } = ordered;
  if ("purpose" in act) return reserving(walletId, purchaseId, act);
  if (reversal === null) throw new Error("what reverses has a reversal");
  const amount = micro(reversal.amount < 0n ? -reversal.amount : reversal.amount);
  const cause = { type: "reversal" as const, id: reversal.id };
  const given = { purchaseId, amount, cause, memo };
  const decide = reversal.amount > 0n ? decideReversal : decideReinstatement;
  return { walletId, purchaseId, decide: (book) => decide(book, given) };
}

function reserving(
  walletId: WalletId,
  purchaseId: PurchaseId,
  { type, amount, purpose }: Extract<ReturnAct, { readonly purpose: ReservePurpose }>,
): Movement {
  const id = newId("hold");
  const size = ({ unspent }: { readonly unspent: Credits }) => approve(minCredits(amount, unspent));
  return {
    walletId,
    purchaseId,
    decide: (book) =>
      type === "reserve"
        ? decideReserve(book, { id, purchaseId, purpose, size, memo })
        : decideReserveRelease(book, { purchaseId, purpose }),
  };
}
