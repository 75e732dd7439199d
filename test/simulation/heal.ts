import { setTimeout as pause } from "node:timers/promises";
import pg from "pg";
import { publicId, type PurchaseId } from "../../src/kernel/ids.js";
import { usual } from "./faults/stripe.js";
import type { Stage } from "./stage.js";

/** What is still under way in the product, by the name of what it is. */
const underWay = `
select 'usage batches' as what, count(*)::int as count from usage_batches
  where applied_at is null and quarantined_at is null
union all select 'events of Stripe', count(*)::int from stripe_events where status = 'received'
union all select 'open holds', count(*)::int from holds where ended_at is null`;

const openCheckouts = "select id from purchases where state in ('pending', 'processing')";

const everyMs = 250;
const atOnce = 20;

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
  await lookAtOpenCheckouts(stage);
  const left = await untilDrained(stage.postgres.url, withinMs);
  return [...problems, ...left];
}

/** Every event of Stripe once more: what was dropped arrives, and what had arrived changes nothing. */
async function sendEverythingAgain({ simulator: { control } }: Stage): Promise<void> {
  for (const event of await control.events()) await control.redeliver(String(event["id"]));
}

/** Events that were never made cannot be sent again: somebody has to ask, as the customer's return page does. */
async function lookAtOpenCheckouts({ postgres, webUrls, apiKey }: Stage): Promise<void> {
  const ids = await withDatabase(postgres.url, async (client) => {
    const { rows } = await client.query<{ id: PurchaseId }>(openCheckouts);
    return rows.map(({ id }) => publicId("purchase", id));
  });
  const look = async (id: string): Promise<void> => {
    const headers = { authorization: `Bearer ${apiKey}` };
    const response = await fetch(`${webUrls[0]}/v1/checkouts/${id}?wait=1`, { headers });
    await response.arrayBuffer();
  };
  for (let from = 0; from < ids.length; from += atOnce)
    await Promise.all(ids.slice(from, from + atOnce).map(look));
}

async function withDatabase<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url, application_name: "storm" });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

async function untilDrained(url: string, withinMs: number): Promise<readonly string[]> {
  const endMs = performance.now() + withinMs;
  return withDatabase(url, async (client) => {
    for (;;) {
      const { rows } = await client.query<{ what: string; count: number }>(underWay);
      const left = rows.filter(({ count }) => count > 0);
      if (left.length === 0 || performance.now() > endMs)
        return left.map(({ what, count }) => `${count} ${what} did not end`);
      await pause(everyMs);
    }
  });
}
