import { type Credits, minCredits, zeroCredits } from "../kernel/credits.js";
import type { Money } from "../kernel/money.js";
import type { PurchaseId } from "../kernel/ids.js";

export type LotSource = "purchase" | "promotion" | "adjustment";

/** Lower burns first. Given credits go before bought ones when both expire alike. */
export const lotPriorityDefault = 100;
export const lotPriorityMax = 1_000;

/** A grant of credits and what is left of it. */
export interface Lot {
  readonly lotNo: number;
  readonly source: LotSource;
  /** What is left, held credits included. */
  readonly remaining: Credits;
  /** The part of `remaining` that open holds have taken aside. */
  readonly held: Credits;
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

/** What a lot gains or loses. */
export interface LotChange {
  readonly lotNo: number;
  readonly remaining: Credits;
  readonly held: Credits;
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

/** What of a lot can be spent. */
export function freeOf(lot: Lot): Credits {
  return (lot.remaining - lot.held) as Credits;
}

/**
 * Cuts `amount` out of what is free in the lots, which must stand in burn order. When they hold less, the slices
 * add up to what there is: the caller has compared with the balance first.
 */
export function sliceLots(lots: readonly Lot[], amount: Credits): readonly LotSlice[] {
  return sliceInOrder(lots, freeOf, amount);
}

/** The same out of slices taken before, such as those of a hold, in their order. */
export function sliceSlices(slices: readonly LotSlice[], amount: Credits): readonly LotSlice[] {
  return sliceInOrder(slices, (slice) => slice.amount, amount);
}

function sliceInOrder<T extends { readonly lotNo: number }>(
  sources: readonly T[],
  roomOf: (source: T) => Credits,
  amount: Credits,
): readonly LotSlice[] {
  const slices: LotSlice[] = [];
  let open = amount;
  for (const source of sources) {
    if (open === 0n) break;
    const take = minCredits(open, roomOf(source));
    if (take === 0n) continue;
    slices.push({ lotNo: source.lotNo, amount: take });
    open = (open - take) as Credits;
  }
  return slices;
}

/** The lots with the changes applied, in the same order, without those that are empty then. */
export function changeLots(lots: readonly Lot[], changes: readonly LotChange[]): readonly Lot[] {
  const after: Lot[] = [];
  for (const lot of lots) {
    const changed = changeLot(lot, changes);
    if (changed.remaining > 0n) after.push(changed);
  }
  return after;
}

function changeLot(lot: Lot, changes: readonly LotChange[]): Lot {
  let { remaining, held } = lot;
  for (const change of changes) {
    if (change.lotNo !== lot.lotNo) continue;
    remaining = (remaining + change.remaining) as Credits;
    held = (held + change.held) as Credits;
  }
  return remaining === lot.remaining && held === lot.held ? lot : { ...lot, remaining, held };
}

/** A lot as it is before its first transfer. */
export function emptyLot({ lotNo, source, priority, expiresAt }: NewLot): Lot {
  return { lotNo, source, priority, expiresAt, remaining: zeroCredits, held: zeroCredits };
}
