import { assert } from "../kernel/assert.js";
import {
  type Credits,
  creditsLimit,
  creditsToJson,
  formatCredits,
  minCredits,
  sumCredits,
} from "../kernel/credits.js";
import type { ProjectId, PurchaseId, WalletId } from "../kernel/ids.js";
import type { Money } from "../kernel/money.js";
import { approve, refuse, type Verdict } from "../kernel/verdict.js";
import { burnSlices, type Lot, lotPriorityDefault, type NewLot, sliceLots } from "./lots.js";
import { type Balances, moveBalances, type TransferKind } from "./movements.js";

/** Why credits moved: one purchase, or one act of an operator. */
export type Cause =
  | { readonly type: "purchase"; readonly id: PurchaseId }
  | { readonly type: "operator"; readonly id: string };

/** Everything the ledger knows of one wallet at the moment it is locked. */
export interface Book extends Balances {
  readonly walletId: WalletId;
  readonly projectId: ProjectId;
  /** The number of transfers so far; the next one is `seq + 1`. */
  readonly seq: bigint;
  readonly lots: readonly Lot[];
  readonly lotNoLast: number;
}

/** Credits into a wallet, as a new lot. */
export interface Grant {
  readonly kind: "purchase" | "promotion" | "correction_in";
  readonly amount: Credits;
  readonly cost: Money | null;
  readonly expiresAt: Date | null;
  readonly cause: Cause;
  /** For people, on the statement: what was bought or why it was given. At most 500 characters. */
  readonly memo: string | null;
}

/** Credits out of a wallet by an operator, from its lots in burn order. */
export interface Withdrawal {
  readonly kind: "correction_out";
  readonly amount: Credits;
  readonly cause: Cause;
  readonly memo: string | null;
}

export interface Transfer extends Balances {
  readonly projectId: ProjectId;
  readonly walletId: WalletId;
  readonly seq: bigint;
  readonly kind: TransferKind;
  readonly amount: Credits;
  readonly lotNo: number;
  readonly cause: Cause;
  readonly memo: string | null;
}

/** A decision ready to be committed: rows to append, and the book as it will be. */
export interface Posting {
  readonly transfers: readonly Transfer[];
  readonly newLots: readonly NewLot[];
  readonly after: Book;
}

const sources = {
  purchase: "purchase",
  promotion: "promotion",
  correction_in: "adjustment",
} as const satisfies Record<Grant["kind"], NewLot["source"]>;

/**
 * Opens a lot for the granted credits and pays the wallet's debt from it first.
 * Refuses with `balance_limit` when the wallet would reach 1,000,000,000 credits before its debt is paid.
 */
export function decideGrant(book: Book, grant: Grant): Verdict<Posting> {
  assert(grant.amount > 0n, "a grant is more than nothing");
  assert(
    (grant.kind === "purchase") === (grant.cause.type === "purchase"),
    "a purchase, and nothing else, causes the grant of a purchase",
  );
  if (book.available + book.held + grant.amount >= creditsLimit)
    return refuse("balance_limit", {
      detail: `A wallet holds less than ${formatCredits(creditsLimit)} credits. Grant less.`,
    });
  const lotNo = book.lotNoLast + 1;
  const repaid = minCredits(book.debt, grant.amount);
  const newLot: NewLot = {
    lotNo,
    source: sources[grant.kind],
    purchaseId: grant.cause.type === "purchase" ? grant.cause.id : null,
    granted: grant.amount,
    cost: grant.cost,
    priority: lotPriorityDefault,
    expiresAt: grant.expiresAt,
  };
  const steps: Step[] = [{ kind: grant.kind, lotNo, amount: grant.amount }];
  if (repaid > 0n) steps.push({ kind: "debt_repayment", lotNo, amount: repaid });
  const transfers = chain(book, steps, grant);
  const lot: Lot = { ...newLot, remaining: (grant.amount - repaid) as Credits };
  return approve({
    transfers,
    newLots: [newLot],
    after: bookAfter(book, transfers, [...book.lots, lot]),
  });
}

/** Takes credits out in burn order. Refuses with `insufficient_credits`, never below zero. */
export function decideWithdrawal(book: Book, withdrawal: Withdrawal): Verdict<Posting> {
  assert(withdrawal.amount > 0n, "a withdrawal is more than nothing");
  if (withdrawal.amount > book.available)
    return refuse("insufficient_credits", {
      detail: `The wallet has ${formatCredits(book.available)} credits available. Take at most that.`,
      extra: {
        available: creditsToJson(book.available),
        required: creditsToJson(withdrawal.amount),
        shortBy: creditsToJson((withdrawal.amount - book.available) as Credits),
      },
    });
  const slices = sliceLots(book.lots, withdrawal.amount);
  assert(
    sumCredits(slices.map((slice) => slice.amount)) === withdrawal.amount,
    "the lots of a wallet cover its available credits",
  );
  const steps = slices.map((slice) => ({ ...slice, kind: withdrawal.kind }));
  const transfers = chain(book, steps, withdrawal);
  const after = bookAfter(book, transfers, burnSlices(book.lots, slices));
  return approve({ transfers, newLots: [], after });
}

interface Step {
  readonly kind: TransferKind;
  readonly lotNo: number;
  readonly amount: Credits;
}

/** Numbers the steps behind the wallet's last transfer and carries its balances along. */
function chain(
  book: Book,
  steps: readonly Step[],
  { cause, memo }: { readonly cause: Cause; readonly memo: string | null },
): readonly Transfer[] {
  let { seq } = book;
  let balances: Balances = book;
  return steps.map((step) => {
    seq += 1n;
    balances = moveBalances(balances, step.kind, step.amount);
    assert(
      balances.available >= 0n && balances.held >= 0n && balances.debt >= 0n,
      "no balance is negative",
    );
    const { available, held, debt } = balances;
    const { walletId, projectId } = book;
    return { ...step, cause, memo, walletId, projectId, seq, available, held, debt };
  });
}

function bookAfter(book: Book, transfers: readonly Transfer[], lots: readonly Lot[]): Book {
  const last = transfers.at(-1);
  assert(last !== undefined, "a posting has a transfer");
  const { available, held, debt, seq } = last;
  const open = lots.filter((lot) => lot.remaining > 0n);
  const lotNoLast = Math.max(book.lotNoLast, ...transfers.map((transfer) => transfer.lotNo));
  return { ...book, available, held, debt, seq, lots: open, lotNoLast };
}
