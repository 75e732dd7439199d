import type Stripe from "stripe";
import { type GrantedPurchase, readGranted } from "../checkout/booked/read-booked.js";
import { publicId, type PurchaseId } from "../kernel/ids.js";
import type { Database } from "../platform/db/connect.js";
import { askStripe, stripeErrorKind } from "../platform/stripe-client/stripe-error.js";
import { leaveOutDecided } from "./compare-page.js";
import { unpaidGrant } from "./decide-difference.js";
import type { Difference, Run } from "./rules.js";
import { selectSighted } from "./store/sightings.js";

const pageSize = 500;
/** A question to Stripe for each; none is asked about a payment that any list has told of. */
const askedPerPageMax = 50;

export interface ComparedGrants {
  readonly subjects: readonly string[];
  readonly differences: readonly Difference[];
  /** Those that Stripe knows a payment of, though no list told of it. */
  readonly sighted: readonly PurchaseId[];
  /** Where to go on, or null at the end. */
  readonly next: string | null;
}

/**
 * Compares one page of what was granted in the run's window with the payments that were met: the other way round than the
 * lists of Stripe, which tell nothing of a payment that does not exist. What was never met is asked for by its name.
 */
export async function compareGrants(
  db: Database,
  stripe: Stripe,
  run: Run,
  cursor: string | null,
): Promise<ComparedGrants> {
  const granted = await readGranted(db, {
    projectId: run.projectId,
    accountId: run.accountId ?? "",
    livemode: run.livemode === true,
    from: run.windowFrom,
    to: run.windowTo,
    after: cursor,
    limit: pageSize,
  });
  const met = await selectSighted(
    db,
    granted.map(({ id }) => id),
  );
  const unmet = granted.filter(({ id }) => !met.has(id));
  const firstLeft = unmet[askedPerPageMax];
  const looked = firstLeft === undefined ? granted : granted.slice(0, granted.indexOf(firstLeft));
  const sighted: PurchaseId[] = [];
  const differing: { readonly difference: Difference }[] = [];
  for (const purchase of unmet.slice(0, askedPerPageMax)) {
    if (await isPaid(stripe, purchase)) sighted.push(purchase.id);
    else differing.push({ difference: unpaidGrant(toBooked(purchase)) });
  }
  const isLast = firstLeft === undefined && granted.length < pageSize;
  return {
    subjects: looked.map(({ id }) => publicId("purchase", id)),
    differences: (await leaveOutDecided(db, run, differing)).map(({ difference }) => difference),
    sighted,
    next: isLast ? null : (looked.at(-1)?.place ?? null),
  };
}

function toBooked({ id: purchaseId, amountMinor: priceMinor, ...purchase }: GrantedPurchase) {
  return { ...purchase, purchaseId, priceMinor, posted: purchase.credits };
}

/** By the session that our row names, else by the payment: whether money came in, or a discount left nothing to pay. */
function isPaid(
  stripe: Stripe,
  { sessionId, paymentIntentId }: Pick<GrantedPurchase, "sessionId" | "paymentIntentId">,
): Promise<boolean> {
  return askStripe(async () => {
    try {
      if (sessionId !== null) {
        const session = await stripe.checkout.sessions.retrieve(sessionId);
        return session.status === "complete" && session.payment_status !== "unpaid";
      }
      if (paymentIntentId === null) return false;
      return (await stripe.paymentIntents.retrieve(paymentIntentId)).status === "succeeded";
    } catch (error) {
      if (stripeErrorKind(error) === "missing") return false;
      throw error;
    }
  });
}
