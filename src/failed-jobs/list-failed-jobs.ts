import { pageQuarantined } from "../checkout/list-quarantined.js";
import { type ProjectId, publicId } from "../kernel/ids.js";
import { formatMoney } from "../kernel/money.js";
import { cutPage, decodeCursor, type Page } from "../kernel/page.js";
import { Refusal } from "../kernel/refusals.js";
import { pageQuarantinedBatches } from "../metering/list-quarantined-batches.js";
import type { Context } from "../platform/context.js";
import { pageUnfinished } from "../reversals/list-unfinished.js";
import { pageTroubledEvents } from "../stripe-events/list-troubled-events.js";
import {
  type FailedJob,
  type FailedJobKind,
  failedJobKinds,
  newestOf,
  parseFailedJob,
} from "./rules.js";

type ListContext = Pick<Context, "db">;
interface Part {
  readonly idBefore: string | undefined;
  readonly limit: number;
}
type Lister = (ctx: ListContext, projectId: ProjectId, part: Part) => Promise<readonly FailedJob[]>;

export interface FailedJobsQuery {
  readonly projectId: ProjectId;
  /** Of every kind without it. */
  readonly kind?: FailedJobKind | undefined;
  /** 1 to 100. */
  readonly size: number;
  readonly cursor?: string | undefined;
}

/**
 * What failed in a project and has not been done since, the newest first. Every kind is read from its own rows; what the
 * queue has of it is only how it was rung for. Throws `invalid_request` for a cursor that is not one of these.
 */
export async function listFailedJobs(
  ctx: ListContext,
  { projectId, kind, size, cursor }: FailedJobsQuery,
): Promise<Page<FailedJob>> {
  const idBefore = cursor === undefined ? undefined : behind(cursor);
  const kinds = kind === undefined ? failedJobKinds : [kind];
  const part = { idBefore, limit: size + 1 };
  const lists = await Promise.all(kinds.map((each) => listers[each](ctx, projectId, part)));
  return cutPage(newestOf(lists, size + 1), size, ({ publicId: id }) => id);
}

function behind(cursor: string): string {
  const name = parseFailedJob(decodeCursor(cursor) ?? "");
  if (name !== undefined) return name.id;
  throw new Refusal("invalid_request", {
    param: "cursor",
    detail: "Send the nextCursor of the page before.",
  });
}

const listers: Readonly<Record<FailedJobKind, Lister>> = {
  stripe_event: async (ctx, projectId, part) =>
    (await pageTroubledEvents(ctx, projectId, part)).map((event) => ({
      kind: "stripe_event",
      id: event.id,
      publicId: publicId("stripeEvent", event.id),
      state: event.status,
      what: `Stripe's event ${event.type}`,
      reason: event.reason,
      attempts: event.attempts,
      since: event.finishedAt,
      stripeObject: event.eventId,
    })),
  usage_batch: async (ctx, projectId, part) =>
    (await pageQuarantinedBatches(ctx, projectId, part)).map((batch) => ({
      kind: "usage_batch",
      id: batch.id,
      publicId: publicId("usageBatch", batch.id),
      state: "quarantined",
      what: `Usage events that were accepted together: ${batch.events}`,
      reason: batch.problem,
      attempts: null,
      since: batch.quarantinedAt,
      stripeObject: null,
    })),
  purchase: async (ctx, projectId, part) =>
    (await pageQuarantined(ctx, projectId, part)).map((purchase) => ({
      kind: "purchase",
      id: purchase.id,
      publicId: publicId("purchase", purchase.id),
      state: "quarantined",
      what: `The purchase of ${purchase.description} for ${formatMoney(purchase.price)}`,
      reason: purchase.reason,
      attempts: null,
      since: purchase.quarantinedAt,
      stripeObject: purchase.paymentIntentId ?? purchase.checkoutSessionId,
    })),
  refund: async (ctx, projectId, part) =>
    (await pageUnfinished(ctx, projectId, part)).map((refund) => ({
      kind: "refund",
      id: refund.id,
      publicId: publicId("refund", refund.id),
      state: "stuck",
      what: `The refund of ${formatMoney(refund.money)} of the purchase ${publicId("purchase", refund.purchaseId)}`,
      reason:
        refund.state === "requested"
          ? "It is not known whether Stripe has it."
          : "Stripe has it, and it is not settled yet.",
      attempts: null,
      since: refund.createdAt,
      stripeObject: refund.stripeRefundId,
    })),
};
