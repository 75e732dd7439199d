import { setTimeout as pause } from "node:timers/promises";
import pg from "pg";
import { usual } from "./faults/stripe.js";
import type { Stage } from "./stage.js";

/** What is still under way in the product, by the name of what it is. */
const underWay = `
select 'usage batches' as what, count(*)::int as count from usage_batches
  where applied_at is null and quarantined_at is null
union all select 'events of Stripe', count(*)::int from stripe_events where status = 'received'
union all select 'open holds', count(*)::int from holds where ended_at is null`;

const everyMs = 250;

/** Lets the world be well again, and waits until nothing is under way. Answers what would not end. */
export async function heal(
  stage: Stage,
  { withinMs }: { readonly withinMs: number },
): Promise<readonly string[]> {
  const { control } = stage.simulator;
  const problems: string[] = [];
  await control.setDelivery(usual);
  await control.clearFaults();
  await control.flushHeld();
  const { idle } = await control.waitForIdle({ timeoutMs: withinMs });
  if (!idle) problems.push("webhooks were still under way");
  await sendEverythingAgain(stage);
  const left = await untilDrained(stage.postgres.url, withinMs);
  return [...problems, ...left];
}

/** Every event of Stripe once more: what was dropped arrives, and what had arrived changes nothing. */
async function sendEverythingAgain({ simulator: { control } }: Stage): Promise<void> {
  for (const event of await control.events()) await control.redeliver(String(event["id"]));
}

async function untilDrained(url: string, withinMs: number): Promise<readonly string[]> {
  const client = new pg.Client({ connectionString: url, application_name: "storm" });
  await client.connect();
  try {
    let left: readonly string[] = [];
    for (
      const endMs = performance.now() + withinMs;
      performance.now() < endMs;
      await pause(everyMs)
    ) {
      const { rows } = await client.query<{ what: string; count: number }>(underWay);
      left = rows.flatMap(({ what, count }) =>
        count === 0 ? [] : [`${count} ${what} did not end`],
      );
      if (left.length === 0) break;
    }
    return left;
  } finally {
    await client.end();
  }
}
