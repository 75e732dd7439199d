import type { Database } from "../platform/db/connect.js";
import { type ComparedPage, comparePayments, type Differing } from "./compare-payments.js";
import { compareReturns } from "./compare-returns.js";
import { addSums } from "./decide-tally.js";
import type { ListedPage } from "./list-page.js";
import type { Difference, Run } from "./rules.js";
import { selectOpenElsewhere, selectSettledByHand } from "./store/discrepancies.js";

/** Compares what one page tells with our books, with the same few statements whatever it holds. */
export async function comparePage(
  db: Database,
  run: Run,
  listed: Pick<ListedPage, "payments" | "returns">,
): Promise<ComparedPage> {
  const [payments, returns] = await Promise.all([
    comparePayments(db, run, listed.payments),
    compareReturns(db, run, listed.returns),
  ]);
  return {
    payments: payments.payments,
    subjects: [...payments.subjects, ...returns.subjects],
    differing: await leaveOutDecided(db, run, [...payments.differing, ...returns.differing]),
    sighted: payments.sighted,
    sums: addSums(payments.sums, returns.sums),
    credits: new Map([...payments.credits, ...returns.credits]),
  };
}

/** An operator's word counts: what was assigned, or dismissed as it still is, is no difference any more. */
export async function leaveOutDecided<T extends Pick<Differing, "difference">>(
  db: Database,
  run: Run,
  differing: readonly T[],
): Promise<readonly T[]> {
  if (differing.length === 0) return [];
  const subjects = differing.map(({ difference }) => difference.subject);
  const [decided, elsewhere] = await Promise.all([
    selectSettledByHand(db, run.accountId, subjects),
    selectOpenElsewhere(db, run, subjects),
  ]);
  return differing.filter(
    ({ difference }) =>
      !(difference.class === "orphan_payment" && elsewhere.has(difference.subject)) &&
      !decided.some((other) => isDecided(difference, other)),
  );
}

function isDecided(found: Difference, decided: Difference & { readonly state: string }): boolean {
  if (found.class !== decided.class || found.subject !== decided.subject) return false;
  return (
    decided.state === "assigned" ||
    (found.bookedMinor === decided.bookedMinor &&
      found.stripeMinor === decided.stripeMinor &&
      found.expectedCredits === decided.expectedCredits &&
      found.actualCredits === decided.actualCredits)
  );
}
