import { askStripe } from "../platform/stripe-client/stripe-error.js";
import type { StripeAccess } from "../tenancy/read-stripe-access.js";
import type { EventTicket, ReconcileContext } from "./context.js";
import { pageSize } from "./list-page.js";
import type { PageResult } from "./page-result.js";
import type { Run } from "./rules.js";

/** As many as Stripe's list of events can be asked for. */
const typesMax = 20;

/** Puts one page of Stripe's own list of events into the inbox, where each lies once. A worker processes them as usual. */
export async function ingestPage(
  { reconciling }: Pick<ReconcileContext, "reconciling">,
  { stripe, accountId }: StripeAccess,
  run: Run,
  cursor: string | null,
): Promise<PageResult> {
  const { eventTypes, recordEvents, ringForEvents } = reconciling;
  const page = await askStripe(() =>
    stripe.events.list({
      limit: pageSize,
      created: { gte: secondsOf(run.windowFrom), lte: secondsOf(run.windowTo) },
      ...(eventTypes.length <= typesMax ? { types: [...eventTypes] } : {}),
      ...(cursor === null ? {} : { starting_after: cursor }),
    }),
  );
  const wanted = new Set(eventTypes);
  const events = page.data.filter(({ type }) => wanted.has(type));
  let recorded: readonly EventTicket[] = [];
  return {
    counts: { events: events.length },
    sums: {},
    next: page.has_more ? (page.data.at(-1)?.id ?? null) : null,
    differences: [],
    write: async (trx) => {
      if (run.dryRun || events.length === 0) return {};
      recorded = await recordEvents(trx, { projectId: run.projectId, accountId, events });
      return { ingested: recorded.length };
    },
    afterwards: () => ringForEvents(recorded),
  };
}

function secondsOf(date: Date): number {
  return Math.floor(date.getTime() / 1_000);
}
