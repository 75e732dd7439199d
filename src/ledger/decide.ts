import { assert } from "../kernel/assert.js";
import type { Credits } from "../kernel/credits.js";
import type {
  ApiKeyId,
  CaptureId,
  HoldId,
  ProjectId,
  PurchaseId,
  ReversalId,
  UsageEventId,
  WalletId,
} from "../kernel/ids.js";
import type { SpendWindows } from "./decide-limits.js";
import {
  changeLots,
  compareBurnOrder,
  emptyLot,
  type Lot,
  type LotChange,
  type LotSlice,
  type NewLot,
} from "./lots.js";
import { type Balances, balanceChange, moveBalances, type TransferKind } from "./movements.js";
import { type NewReserve, reopen, type Reversible, reversibleAfter } from "./reversible.js";

/** Why credits moved. */
export type Cause =
  | { readonly type: "purchase"; readonly id: PurchaseId }
  /** One act of an operator. */
  | { readonly type: "operator"; readonly id: string }
  | { readonly type: "usage"; readonly id: UsageEventId }
  /** A hold was placed. */
  | { readonly type: "hold"; readonly id: HoldId }
  /** A hold was captured by a call of its own, not by a usage event. */
  | { readonly type: "capture"; readonly id: CaptureId }
  /** A hold was let go. */
  | { readonly type: "release"; readonly id: HoldId }
  /** Time passed: for a hold (its id) or for lots (the wallet's id). */
  | { readonly type: "expiry"; readonly id: HoldId | WalletId }
  /** Money of a purchase went back, or came again. */
  | { readonly type: "reversal"; readonly id: ReversalId };

/** Credits taken aside in a wallet, and the lots they lie in. */
export interface OpenHold {
  readonly id: HoldId;
  /** What is left of the hold, in the order in which it burns. */
  readonly slices: readonly LotSlice[];
  readonly overCapture: OverCapture;
  readonly createdAt: Date;
  readonly expiresAt: Date;
  /** The key that placed it: what is given back counts for its spend limit. */
  readonly apiKeyId: ApiKeyId | null;
  readonly rateCardVersion: number;
}

/** What happens to a capture of more than the hold has left. */
export type OverCapture = "reject" | "upToAvailable";

/** A hold about to be placed. Its first transfers fill it. */
export interface NewHold {
  readonly id: HoldId;
  readonly amount: Credits;
  readonly overCapture: OverCapture;
  readonly expiresAt: Date;
  readonly apiKeyId: ApiKeyId | null;
  readonly rateCardVersion: number;
  readonly description: string | null;
}

/** A hold as a decision places it. */
export interface PlacedHold extends NewHold {
  /** The instant of the decision: the windows of the spend limits that counted it. */
  readonly createdAt: Date;
}

/** Everything the ledger knows of one wallet at the moment it is locked. */
export interface Book extends Balances {
  readonly walletId: WalletId;
  readonly projectId: ProjectId;
  /** The number of transfers so far; the next one is `seq + 1`. */
  readonly seq: bigint;
  /** Those with something left, in burn order. */
  readonly lots: readonly Lot[];
  /** `null` when no movement of the batch said that it opens a lot or a hold: then nobody counted. */
  readonly counts: BookCounts | null;
  readonly frozen: boolean;
  /** `null` when the wallet has no spend limit. */
  readonly windows: SpendWindows | null;
  /** The open holds that the batch names or has placed. */
  readonly holds: ReadonlyMap<HoldId, OpenHold>;
  /** `null` when no movement of the batch names a purchase. */
  readonly reversible: Reversible | null;
}

export interface BookCounts {
  /** The number of the newest lot; the next one is one more. */
  readonly lotNoLast: number;
  readonly openHolds: number;
}

export interface Transfer extends Balances {
  readonly projectId: ProjectId;
  readonly walletId: WalletId;
  readonly seq: bigint;
  readonly kind: TransferKind;
  readonly amount: Credits;
  /** `null` for what is owed: it lies in no lot. */
  readonly lotNo: number | null;
  readonly holdId: HoldId | null;
  /** The place among the transfers of the same cause. */
  readonly leg: number;
  readonly cause: Cause;
  readonly memo: string | null;
}

/** A decision ready to be committed: rows to append, and the book as it will be. */
export interface Posting {
  readonly transfers: readonly Transfer[];
  readonly newLots: readonly NewLot[];
  readonly newHolds: readonly PlacedHold[];
  readonly newReserves: readonly NewReserve[];
  readonly after: Book;
  /** The spend windows of the API key that asked, when they changed. */
  readonly keyWindows: SpendWindows | null;
}

/** One movement of a posting, before it has a number. */
export interface Step {
  readonly kind: TransferKind;
  readonly lotNo: number | null;
  readonly amount: Credits;
  readonly holdId?: HoldId;
  /** Instead: it fills or releases a reserve. */
  readonly reserveId?: HoldId;
}

export interface Reason {
  readonly cause: Cause;
  /** For people, on the statement. At most 500 characters. */
  readonly memo: string | null;
}

/** What a posting brings beside its steps. */
export interface PostingExtras {
  /** The purchase that is reversed, reinstated or reserved. */
  readonly purchaseId?: PurchaseId;
  readonly newReserves?: readonly NewReserve[];
  readonly newLots?: readonly NewLot[];
  readonly newHolds?: readonly PlacedHold[];
  readonly windows?: SpendWindows | null;
  readonly keyWindows?: SpendWindows | null;
}

/** Numbers the steps behind the wallet's last transfer and carries balances, lots and holds along. */
export function post(
  book: Book,
  steps: readonly Step[],
  reason: Reason,
  extras: PostingExtras = {},
): Posting {
  const { newLots = [], newHolds = [], newReserves = [], keyWindows = null, purchaseId } = extras;
  const transfers = chain(book, steps, reason);
  const { available, held, debt, seq } = transfers.at(-1) ?? book;
  const holds = holdsAfter(book.holds, newHolds, steps);
  // Field by field: spreading a book costs as much as all the rest of a spend.
  const after: Book = {
    walletId: book.walletId,
    projectId: book.projectId,
    available,
    held,
    debt,
    seq,
    frozen: book.frozen,
    lots: lotsAfter(book, newLots, steps),
    counts: countsAfter(book.counts, newLots, book.holds.size - holds.size),
    windows: extras.windows ?? book.windows,
    holds,
    reversible: reversibleAfter(book, { newLots, newReserves, steps, purchaseId }),
  };
  return { transfers, newLots, newHolds, newReserves, after, keyWindows };
}

function chain(book: Book, steps: readonly Step[], { cause, memo }: Reason): readonly Transfer[] {
  let { seq } = book;
  let balances: Balances = book;
  return steps.map((step, leg) => {
    seq += 1n;
    balances = moveBalances(balances, step.kind, step.amount);
    const { available, held, debt } = balances;
    assert(available >= 0n && held >= 0n && debt >= 0n, "no balance is negative");
    const { walletId, projectId } = book;
    const { kind, lotNo, amount, holdId = step.reserveId ?? null } = step;
    return {
      projectId,
      walletId,
      seq,
      kind,
      amount,
      available,
      held,
      debt,
      lotNo,
      holdId,
      leg,
      cause,
      memo,
    };
  });
}

function countsAfter(
  counts: BookCounts | null,
  newLots: readonly NewLot[],
  holdsFewer: number,
): BookCounts | null {
  if (counts === null || (newLots.length === 0 && holdsFewer === 0)) return counts;
  return {
    lotNoLast: newLots.at(-1)?.lotNo ?? counts.lotNoLast,
    openHolds: counts.openHolds - holdsFewer,
  };
}

function lotsAfter(
  { lots, reversible }: Book,
  newLots: readonly NewLot[],
  steps: readonly Step[],
): readonly Lot[] {
  if (steps.length === 0) return lots;
  const more = [...newLots.map(emptyLot), ...reopen(reversible, lots, steps)];
  const all = more.length === 0 ? lots : [...lots, ...more].toSorted(compareBurnOrder);
  const changes: LotChange[] = [];
  for (const { kind, lotNo, amount } of steps) {
    if (lotNo === null) continue;
    const { available, held } = balanceChange(kind, amount);
    changes.push({ lotNo, remaining: (available + held) as Credits, held });
  }
  return changeLots(all, changes);
}

function holdsAfter(
  holds: ReadonlyMap<HoldId, OpenHold>,
  newHolds: readonly PlacedHold[],
  steps: readonly Step[],
): ReadonlyMap<HoldId, OpenHold> {
  if (newHolds.length === 0 && steps.every(({ holdId }) => holdId === undefined)) return holds;
  const used = steps.filter(({ kind, holdId }) => holdId !== undefined && kind !== "hold");
  const after = new Map(holds);
  for (const hold of newHolds) after.set(hold.id, openHold(hold, steps));
  for (const { holdId, lotNo, amount } of used) {
    const hold = holdId === undefined ? undefined : after.get(holdId);
    assert(hold !== undefined, "only an open hold of the book is used");
    const slices = hold.slices
      .map((slice) =>
        slice.lotNo === lotNo ? { lotNo, amount: (slice.amount - amount) as Credits } : slice,
      )
      .filter((slice) => slice.amount > 0n);
    if (slices.length === 0) after.delete(hold.id);
    else after.set(hold.id, { ...hold, slices });
  }
  return after;
}

/** A hold as later movements of the same batch find it: as if it had been read back. */
function openHold(
  { id, overCapture, createdAt, expiresAt, apiKeyId, rateCardVersion }: PlacedHold,
  steps: readonly Step[],
): OpenHold {
  const slices = steps.flatMap(({ holdId, lotNo, amount }) =>
    holdId === id && lotNo !== null ? [{ lotNo, amount }] : [],
  );
  return { id, slices, overCapture, createdAt, expiresAt, apiKeyId, rateCardVersion };
}
