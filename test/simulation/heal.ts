import { setTimeout as pause } from "node:timers/promises";
import pg from "pg";
import { usual } from "./faults/stripe.js";
import { reconcile } from "./reconcile.js";
import type { Stage } from "./stage.js";
import type { Tally } from "./tally.js";

/** What is still under way in the product, by the name of what it is. */
const underWay = `
select 'usage batches' as what, count(*)::int as count from usage_batches
  where applied_at is null and quarantined_at is null
union all select 'events of Stripe', count(*)::int from stripe_events where status = 'received'
union all select 'open holds', count(*)::int from holds where ended_at is null`;

const everyMs = 250;
/** One finds, one sees that it is healed, one finds nothing any more. */
const reconciliationsMax = 3;

/**
 * Lets the world be well again, waits until nothing is under way, and reconciles until there is nothing to heal. Answers
 * what would not end.
 */
export async function heal(
  stage: Stage,
  { withinMs, tally }: { readonly withinMs: number; readonly tally: Tally },
): Promise<readonly string[]> {
  const { control } = stage.simulator;
  const problems: string[] = [];
  await control.setDelivery(usual);
  await control.clearFaults();
  await control.flushHeld();
  const { idle } = await control.waitForIdle({ timeoutMs: withinMs });
  if (!idle) problems.push("webhooks were still under way");
  problems.push(...(await untilDrained(stage.postgres.url, withinMs)));
  for (let run = 1; run <= reconciliationsMax; run++) {
    const { healed, open, problem } = await reconcile(stage);
    if (healed > 0) tally.add("reconciliation healed", healed);
    problems.push(...(await untilDrained(stage.postgres.url, withinMs)));
    if (healed === 0 && open === 0 && problem === undefined) break;
    if (run === reconciliationsMax)
      problems.push(`the last reconciliation healed ${healed}, left ${open} open: ${problem}`);
  }
  return problems;
}

async function untilDrained(url: string, withinMs: number): Promise<readonly string[]> {
  const endMs = performance.now() + withinMs;
  const client = new pg.Client({ connectionString: url, application_name: "storm" });
  await client.connect();
  try {
    for (;;) {
      const { rows } = await client.query<{ what: string; count: number }>(underWay);
      const left = rows.filter(({ count }) => count > 0);
      if (left.length === 0 || performance.now() > endMs)
        return left.map(({ what, count }) => `${count} ${what} did not end`);
      await pause(everyMs);
    }
  } finally {
    await client.end();
  }
}
