import type { Id, ProjectId } from "../kernel/ids.js";

export type StripeEventId = Id<"stripeEvent">;

/**
 * `received` waits for a worker; `processed` had its effect; `ignored` is none of our business, with a reason;
 * `unhandled` is a type that no handler knows yet and can be processed later; `failed` was given up on.
 */
export type EventStatus = "received" | "processed" | "ignored" | "unhandled" | "failed";

/** A verified event as it lies in the inbox. Of its payload only ids and kinds are trusted; facts are read again. */
export interface InboxEvent {
  readonly id: StripeEventId;
  readonly projectId: ProjectId;
  readonly accountId: string;
  readonly livemode: boolean;
  /** `evt_…` */
  readonly eventId: string;
  readonly type: string;
  readonly status: EventStatus;
  readonly attempts: number;
  readonly object: { readonly kind: string; readonly id: string };
}

/** How handling an event ended. Anything that should be tried again is thrown instead. */
export type EventVerdict =
  | { readonly status: "processed" }
  | { readonly status: "ignored" | "unhandled"; readonly reason: string };

/** What Chargly asks Stripe to send. A type that no handler knows is kept as `unhandled`. */
export const subscribedTypes = [
  "checkout.session.completed",
  "checkout.session.async_payment_succeeded",
  "checkout.session.async_payment_failed",
  "checkout.session.expired",
  "payment_intent.succeeded",
  "payment_intent.processing",
  "payment_intent.payment_failed",
  "payment_intent.canceled",
  "charge.succeeded",
  "charge.refunded",
  "charge.refund.updated",
  "refund.created",
  "refund.updated",
  "refund.failed",
  "charge.dispute.created",
  "charge.dispute.updated",
  "charge.dispute.funds_withdrawn",
  "charge.dispute.funds_reinstated",
  "charge.dispute.closed",
  "radar.early_fraud_warning.created",
  "radar.early_fraud_warning.updated",
] as const;

/** About four days in all, longer than Stripe itself repeats a delivery. */
export const attemptsMax = 110;
/** An event that nobody finished in this time is rung for again. */
export const patienceSeconds = 10;

/** Seconds until the next attempt after `attempts` failed ones: 2, 4, 8, … at most an hour. */
export function retrySeconds(attempts: number): number {
  return Math.min(2 ** Math.min(attempts, 12), 3_600);
}
