import { assert, present } from "../kernel/assert.js";
import { type Credits, creditsLimit, formatCredits, minCredits } from "../kernel/credits.js";
import type { Money } from "../kernel/money.js";
import { approve, refuse, type Verdict } from "../kernel/verdict.js";
import { type Book, type Posting, post, type Reason, type Step } from "./decide.js";
import { lotPriorityDefault, lotPriorityMax, type NewLot } from "./lots.js";

/** Credits into a wallet, as a new lot. */
export interface Grant extends Reason {
  readonly kind: "purchase" | "promotion" | "correction_in";
  readonly amount: Credits;
  readonly cost: Money | null;
  readonly expiresAt: Date | null;
  /** Lower burns first; 100 unless told. */
  readonly priority?: number | undefined;
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
  const { priority = lotPriorityDefault } = grant;
  assert(
    Number.isInteger(priority) && priority >= 0 && priority <= lotPriorityMax,
    "a priority is a whole number from 0 to 1,000",
  );
  assert(
    (grant.kind === "purchase") === (grant.cause.type === "purchase"),
    "a purchase, and nothing else, causes the grant of a purchase",
  );
  if (book.available + book.held + grant.amount >= creditsLimit)
    return refuse("balance_limit", {
      detail: `A wallet holds less than ${formatCredits(creditsLimit)} credits. Grant less.`,
    });
  const { lotNoLast } = present(book.counts, "a movement that grants says that it opens a lot");
  const lotNo = lotNoLast + 1;
  const repaid = minCredits(book.debt, grant.amount);
  const newLot: NewLot = {
    lotNo,
    source: sources[grant.kind],
    purchaseId: grant.cause.type === "purchase" ? grant.cause.id : null,
    granted: grant.amount,
    cost: grant.cost,
    priority,
    expiresAt: grant.expiresAt,
  };
  const steps: Step[] = [{ kind: grant.kind, lotNo, amount: grant.amount }];
  if (repaid > 0n) steps.push({ kind: "debt_repayment", lotNo, amount: repaid });
  return approve(post(book, steps, grant, { newLots: [newLot] }));
}
