import { parsePublicId, type PurchaseId, type UsageBatchId } from "../kernel/ids.js";
import type { RefundId } from "../reversals/rules.js";
import type { StripeEventId } from "../stripe-events/rules.js";

/** What can fail for good, or get stuck. */
export const failedJobKinds = ["stripe_event", "usage_batch", "purchase", "refund"] as const;
export type FailedJobKind = (typeof failedJobKinds)[number];

/** Names one by the id of the row that it is about. */
export type FailedJobName =
  | { readonly kind: "stripe_event"; readonly id: StripeEventId }
  | { readonly kind: "usage_batch"; readonly id: UsageBatchId }
  | { readonly kind: "purchase"; readonly id: PurchaseId }
  | { readonly kind: "refund"; readonly id: RefundId };

/** Work that was given up or got stuck, and that the database knows of. */
export interface FailedJob {
  readonly kind: FailedJobKind;
  /** Of the row that it is about; it begins with its time. */
  readonly id: string;
  /** The same, as others see it: `sev_…`, `ubat_…`, `pur_…`, `ref_…`. */
  readonly publicId: string;
  readonly state: "failed" | "unhandled" | "quarantined" | "stuck";
  /** For people: what it is about. */
  readonly what: string;
  /** What went wrong, where that is known. */
  readonly reason: string | null;
  /** How often it was tried, where that is counted. */
  readonly attempts: number | null;
  readonly since: Date;
  /** What Stripe calls it. */
  readonly stripeObject: string | null;
}

interface Retrying {
  readonly isPossible: boolean;
  /** What trying again does, and what it does not. */
  readonly does: string;
}

/** By kind. Where trying again cannot be right, a person decides. */
export const retrying: Readonly<Record<FailedJobKind, Retrying>> = {
  stripe_event: {
    isPossible: true,
    does: "Looks again at what the event is about, as Stripe has it now, and settles that. Nothing is credited or taken twice.",
  },
  usage_batch: {
    isPossible: true,
    does: "Puts the usage back in its lane. Do it once the reason is gone: what still cannot be applied comes back here. No event is charged twice.",
  },
  purchase: {
    isPossible: false,
    does: "Nothing, and it is refused: what was paid is not what was agreed, so a person decides. Refund the payment at Stripe, or put it right there and run chargly purchases release.",
  },
  refund: {
    isPossible: true,
    does: "Asks Stripe now whether it has the refund, and finishes it. Money is never sent twice.",
  },
};

/** Which job a public id names, or `undefined` when it names none. */
export function parseFailedJob(text: string): FailedJobName | undefined {
  const event = parsePublicId("stripeEvent", text);
  if (event !== undefined) return { kind: "stripe_event", id: event };
  const batch = parsePublicId("usageBatch", text);
  if (batch !== undefined) return { kind: "usage_batch", id: batch };
  const purchase = parsePublicId("purchase", text);
  if (purchase !== undefined) return { kind: "purchase", id: purchase };
  const refund = parsePublicId("refund", text);
  return refund && { kind: "refund", id: refund };
}

/**
 * The first of several lists that are each in order of their ids, the newest first. An id begins with its time, so the
 * order is one over all kinds, and a page can go on behind any of them.
 */
export function newestOf(
  lists: readonly (readonly FailedJob[])[],
  limit: number,
): readonly FailedJob[] {
  return lists
    .flat()
    .toSorted((a, b) => (a.id < b.id ? 1 : -1))
    .slice(0, limit);
}
