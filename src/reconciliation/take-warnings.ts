import { findUnkept } from "../reversals/warnings/find-unkept.js";
import { followWarning } from "../reversals/warnings/follow-warning.js";
import { askStripe } from "../platform/stripe-client/stripe-error.js";
import type { StripeAccess } from "../tenancy/read-stripe-access.js";
import type { ReconcileContext } from "./context.js";
import { objectWindow } from "./decide-window.js";
import { pageSize } from "./list-page.js";
import type { PageResult } from "./page-result.js";
import type { Run } from "./rules.js";

/**
 * Reads one page of Stripe's warnings of fraud, and heeds those that nobody told of, as their events would have had it. It is no
 * difference of money or credits: what is unspent is set aside until an operator has looked.
 */
export async function warningsPage(
  ctx: ReconcileContext,
  { stripe, accountId }: StripeAccess,
  run: Run,
  cursor: string | null,
): Promise<PageResult> {
  const { windowFrom, windowTo } = objectWindow(run);
  const page = await askStripe(() =>
    stripe.radar.earlyFraudWarnings.list({
      limit: pageSize,
      created: { gte: secondsOf(windowFrom), lte: secondsOf(windowTo) },
      ...(cursor === null ? {} : { starting_after: cursor }),
    }),
  );
  const ids = page.data.map(({ id }) => id);
  let heeded = 0;
  if (!run.dryRun)
    for (const id of await findUnkept(ctx.db, accountId, ids))
      if (await followWarning(ctx, run.projectId, id)) heeded += 1;
  return {
    counts: { warnings: ids.length, heeded },
    sums: {},
    next: page.has_more ? (page.data.at(-1)?.id ?? null) : null,
    differences: [],
    write: async () => ({}),
  };
}

function secondsOf(date: Date): number {
  return Math.floor(date.getTime() / 1_000);
}
