import type Stripe from "stripe";
import { present } from "../kernel/assert.js";
import { publicId } from "../kernel/ids.js";
import type { ReturnedMoney } from "./decide-reversed.js";
import type { PaymentFacts, Purchase } from "./rules.js";

/** The key under which our purchase id stands in Stripe's metadata. */
export const purchaseMetadataKey = "chargly_purchase";
/** Everything that the facts are read from, in one request; only disputes and many refunds need more. */
export const sessionExpand = ["line_items", "payment_intent.latest_charge.refunds"];

/** Stripe's session in our words. It must have been retrieved with {@link sessionExpand}. */
export function readPaymentFacts(
  session: Stripe.Checkout.Session,
  account: { readonly accountId: string },
  returned: ReturnedMoney | null,
): PaymentFacts {
  const intent = expandedIntent(session);
  const items = session.line_items?.data ?? [];
  return {
    accountId: account.accountId,
    livemode: session.livemode,
    sessionId: session.id,
    sessionStatus: readStatus(session.status),
    payment: readPayment(session.payment_status),
    purchaseRef: session.client_reference_id ?? session.metadata?.[purchaseMetadataKey] ?? null,
    subtotalMinor: BigInt(session.amount_subtotal ?? 0),
    discountMinor: BigInt(session.total_details?.amount_discount ?? 0),
    totalMinor: BigInt(session.amount_total ?? 0),
    currency: session.currency ?? "",
    quantity: items.reduce((sum, item) => sum + BigInt(item.quantity ?? 0), 0n),
    paymentIntent: intent === null ? null : readIntent(intent),
    chargeId: chargeOf(intent, returned),
    returned,
  };
}

/** The charge that was paid, or that of the last attempt. */
function chargeOf(
  intent: Stripe.PaymentIntent | null,
  returned: ReturnedMoney | null,
): string | null {
  return returned?.chargeId ?? idOf(intent?.latest_charge);
}

/** The payment of a session that was retrieved with {@link sessionExpand}. */
export function expandedIntent(session: Stripe.Checkout.Session): Stripe.PaymentIntent | null {
  return typeof session.payment_intent === "object" ? session.payment_intent : null;
}

function readStatus(status: Stripe.Checkout.Session["status"]): PaymentFacts["sessionStatus"] {
  if (status === "complete") return "complete";
  return status === "expired" ? "expired" : "open";
}

/** Anything that is not clearly paid is unpaid: enums at Stripe are open, and credits are money. */
function readPayment(status: Stripe.Checkout.Session["payment_status"]): PaymentFacts["payment"] {
  if (status === "paid") return "paid";
  return status === "no_payment_required" ? "free" : "unpaid";
}

function readIntent(intent: Stripe.PaymentIntent): NonNullable<PaymentFacts["paymentIntent"]> {
  return {
    id: intent.id,
    status: intent.status,
    receivedMinor: BigInt(intent.amount_received),
    currency: intent.currency,
    failure: intent.last_payment_error?.message ?? null,
  };
}

/** The id of something that Stripe gives as an id or, expanded, as the object. */
export function idOf(
  reference: string | { readonly id: string } | null | undefined,
): string | null {
  if (reference === null || reference === undefined) return null;
  return typeof reference === "string" ? reference : reference.id;
}

/** The session that sells exactly what was agreed. The same purchase always asks for the same session. */
export function sessionParams(
  purchase: Purchase,
  context: { readonly customer: string; readonly returnUrl: string; readonly cancelUrl: string },
): Stripe.Checkout.SessionCreateParams {
  const reference = publicId("purchase", purchase.id);
  const metadata = { [purchaseMetadataKey]: reference };
  return {
    mode: "payment",
    customer: context.customer,
    client_reference_id: reference,
    metadata,
    payment_intent_data: { metadata, description: purchase.description },
    adaptive_pricing: { enabled: false },
    ...(purchase.allowPromotionCodes ? { allow_promotion_codes: true } : {}),
    line_items: [
      {
        quantity: 1,
        price_data: {
          currency: purchase.price.currency,
          unit_amount: Number(purchase.price.amountMinor),
          product_data: { name: purchase.packName },
        },
      },
    ],
    success_url: context.returnUrl,
    cancel_url: context.cancelUrl,
  };
}

/** The address of the payment page of an open session. */
export function sessionUrl(session: Stripe.Checkout.Session): string {
  return present(session.url, "an open hosted session has an address");
}
