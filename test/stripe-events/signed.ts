import { createHmac } from "node:crypto";

/** A signature as Stripe makes it: HMAC-SHA-256 over the time in whole seconds, a dot, and the bytes of the body. */
export function signatureOf(body: string | Buffer, secret: string, atSeconds: number): string {
  return createHmac("sha256", secret).update(`${atSeconds}.`).update(body).digest("hex");
}

/** The `Stripe-Signature` header of a delivery that is signed with one secret. */
export function headerOf(body: string | Buffer, secret: string, atSeconds: number): string {
  return `t=${atSeconds},v1=${signatureOf(body, secret, atSeconds)}`;
}

/** A snapshot event as Stripe delivers it, about a checkout session. */
export function eventOf(
  id: string,
  change: Readonly<Record<string, unknown>> = {},
): Record<string, unknown> {
  return {
    id,
    object: "event",
    api_version: "2026-01-01",
    created: 1_700_000_000,
    type: "checkout.session.completed",
    livemode: false,
    pending_webhooks: 1,
    request: { id: null, idempotency_key: null },
    data: { object: { id: "cs_test_unknown", object: "checkout.session" } },
    ...change,
  };
}
