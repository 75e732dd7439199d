import type Stripe from "stripe";
import { idOf } from "../stripe.js";
import type { DisputeFact, RefundFact, ReturnedMoney } from "../decide-reversed.js";
import { readDispute, readRefund } from "./stripe.js";

const pageSize = 100;

/**
 * All refunds and disputes of the charge that was paid, or `null` when none was. The session's own request brought the
 * charge with its newest refunds, so a payment that nobody disputes and that has few refunds costs no further request.
 *
 * @param intent expanded down to `latest_charge.refunds`
 * @param look whether disputes are to be read even though the charge does not say that it is disputed
 */
export async function gatherReturns(
  stripe: Stripe,
  intent: Stripe.PaymentIntent,
  look: { readonly disputes: boolean },
): Promise<ReturnedMoney | null> {
  const charge = await findPaidCharge(stripe, intent);
  if (charge === undefined) return null;
  return {
    chargeId: charge.id,
    capturedMinor: BigInt(charge.amount_captured),
    currency: charge.currency,
    refunds: await gatherRefunds(stripe, charge),
    disputes: charge.disputed || look.disputes ? await gatherDisputes(stripe, charge.id) : [],
  };
}

/** A payment has a charge for each attempt; the one that succeeded is the last, unless Stripe says otherwise. */
async function findPaidCharge(
  stripe: Stripe,
  intent: Stripe.PaymentIntent,
): Promise<Stripe.Charge | undefined> {
  const latest = intent.latest_charge;
  if (intent.status !== "succeeded" || idOf(latest) === null) return undefined;
  if (latest !== null && typeof latest === "object" && latest.status === "succeeded") return latest;
  const attempts = stripe.charges.list({
    payment_intent: intent.id,
    limit: pageSize,
    expand: ["data.refunds"],
  });
  for await (const charge of attempts) if (charge.status === "succeeded") return charge;
  return undefined;
}

async function gatherRefunds(
  stripe: Stripe,
  charge: Stripe.Charge,
): Promise<readonly RefundFact[]> {
  const { refunds } = charge;
  if (refunds !== undefined && refunds !== null && !refunds.has_more)
    return refunds.data.map(readRefund);
  const all = await everyOne(stripe.refunds.list({ charge: charge.id, limit: pageSize }));
  return all.map(readRefund);
}

async function gatherDisputes(stripe: Stripe, charge: string): Promise<readonly DisputeFact[]> {
  const all = await everyOne(stripe.disputes.list({ charge, limit: pageSize }));
  return all.map(readDispute);
}

/** All pages. What moved to the next page while the list was read is counted once. */
async function everyOne<T extends { readonly id: string }>(
  pages: AsyncIterable<T>,
): Promise<readonly T[]> {
  const found = new Map<string, T>();
  for await (const one of pages) found.set(one.id, one);
  return [...found.values()];
}
