import Stripe from "stripe";
import { approve, refuse, type Verdict } from "../kernel/verdict.js";

/** How far a signature's time may be from ours, to either side. */
export const signatureToleranceSeconds = 300;

const webhooks = new Stripe("sk_unused_for_verification").webhooks;

/**
 * Checks a delivery against each secret in force, over the raw bytes, as Stripe signs them. Stripe's SDK bounds the
 * age but lets a time in the future pass, so that is bounded here.
 */
export function verifyEvent(
  body: Buffer,
  header: string | undefined,
  secrets: readonly string[],
  nowMs: number,
): Verdict<Stripe.Event> {
  if (header === undefined || header === "")
    return refuse("invalid_signature", {
      detail: "The Stripe-Signature header is missing. Only Stripe delivers here.",
    });
  if (isFromTheFuture(header, nowMs)) return refuseSignature();
  for (const secret of secrets) {
    const event = tryVerify(body, header, secret, nowMs);
    if (event !== undefined) return approve(event);
  }
  return refuseSignature();
}

function tryVerify(
  body: Buffer,
  header: string,
  secret: string,
  nowMs: number,
): Stripe.Event | undefined {
  try {
    return webhooks.constructEvent(
      body,
      header,
      secret,
      signatureToleranceSeconds,
      undefined,
      nowMs,
    );
  } catch {
    return undefined; // a wrong signature, an old one, or a body that is no snapshot event
  }
}

function isFromTheFuture(header: string, nowMs: number): boolean {
  const seconds = Number(/(?:^|,)t=(\d+)/.exec(header)?.[1] ?? 0);
  return seconds * 1_000 > nowMs + signatureToleranceSeconds * 1_000;
}

function refuseSignature(): Verdict<never> {
  return refuse("invalid_signature", {
    detail:
      "The signature does not match any secret in force, or is more than 300 seconds old. Check the endpoint's signing secret and the clock.",
  });
}
