import { type Credits, minCredits, zeroCredits } from "../kernel/credits.js";
import type { Money } from "../kernel/money.js";
import type { PurchaseId } from "../kernel/ids.js";

export type LotSource = "purchase" | "promotion" | "adjustment";

/** Lower burns first. Given credits go before bought ones when both expire alike. */
export const lotPriorityDefault = 100;

/** A grant of credits and what is left of it. */
export interface Lot {
  readonly lotNo: number;
  readonly source: LotSource;
  readonly remaining: Credits;
  readonly priority: number;
  /** `null` never expires. */
  readonly expiresAt: Date | null;
}

/** A lot about to be opened. Its first transfer fills it. */
export interface NewLot {
  readonly lotNo: number;
  readonly source: LotSource;
  readonly purchaseId: PurchaseId | null;
  readonly granted: Credits;
  /** What was paid for the whole lot; its share is the cost basis of each credit. `null` when nothing was paid. */
  readonly cost: Money | null;
  readonly priority: number;
  readonly expiresAt: Date | null;
}

export interface LotSlice {
  readonly lotNo: number;
  readonly amount: Credits;
}

/** Burn order: lower priority number, then soonest expiry, then given before bought, then older. */
export function compareBurnOrder(a: Lot, b: Lot): number {
  return (
    a.priority - b.priority ||
    compareExpiry(a.expiresAt, b.expiresAt) ||
    Number(a.source === "purchase") - Number(b.source === "purchase") ||
    a.lotNo - b.lotNo
  );
}

function compareExpiry(a: Date | null, b: Date | null): number {
  if (a === null || b === null) return Number(a === null) - Number(b === null);
  return a.getTime() - b.getTime();
}

/**
 * Cuts `amount` out of the lots in burn order. When they hold less, the slices add up to what there is:
 * the caller has compared with the balance first.
 */
export function sliceLots(lots: readonly Lot[], amount: Credits): readonly LotSlice[] {
  const slices: LotSlice[] = [];
  let open = amount;
  for (const lot of lots.toSorted(compareBurnOrder)) {
    if (open === 0n) break;
    const take = minCredits(open, lot.remaining);
    if (take === 0n) continue;
    slices.push({ lotNo: lot.lotNo, amount: take });
    open = (open - take) as Credits;
  }
  return slices;
}

/** The lots with the slices taken out. */
export function burnSlices(lots: readonly Lot[], slices: readonly LotSlice[]): readonly Lot[] {
  const taken = new Map(slices.map(({ lotNo, amount }) => [lotNo, amount]));
  return lots.map((lot) => ({
    ...lot,
    remaining: (lot.remaining - (taken.get(lot.lotNo) ?? zeroCredits)) as Credits,
  }));
}
