import { setTimeout as pause } from "node:timers/promises";
import pg from "pg";
import { usual } from "./faults/stripe.js";
import { whenHealed } from "./outcomes.js";
import { reconcile } from "./reconcile.js";
import type { Stage } from "./stage.js";
import type { Tally } from "./tally.js";

/** What is still under way in the product, by the name of what it is, and what the oldest of it says of itself. */
const underWay = `
select 'usage batches' as what, count(*)::int as count, null as word from usage_batches
  where applied_at is null and quarantined_at is null
union all select 'events of Stripe', count(*)::int, max(reason) from stripe_events where status = 'received'
union all select 'refunds by us', count(*)::int, max(state) from refunds where finished_at is null
union all select 'open holds', count(*)::int, max(purpose) from holds
  where ended_at is null and purpose is distinct from 'fraud_warning'
union all select 'produced usage', count(*)::int, min(made.key) from unnest($1::text[]) as made (key)
  where not exists (select from usage_events e where e.key = made.key)
union all select 'paused projects', count(*)::int, max(paused_because) from projects where paused_at is not null`;

/** The pauses between tries grow up to an hour while Stripe fails. Nobody has to wait for them once it is well again. */
const hasten = [
  "update stripe_events set next_attempt_at = clock_timestamp() where status = 'received'",
  "update refunds set next_attempt_at = clock_timestamp() where finished_at is null",
];

const everyMs = 100;
const saidEveryMs = 5_000;
/** One finds, one sees that it is healed, one finds nothing any more. */
const reconciliationsMax = 3;

export interface Healing {
  /** For all of it, reconciliations aside. */
  readonly withinMs: number;
  readonly tally: Tally;
  /** Ids of produced usage that the queue must still have, or a worker has taken. */
  readonly produced: readonly string[];
  readonly say: (line: string) => void;
}

/**
 * Lets the world be well again, waits until nothing is under way, and reconciles until there is nothing to heal. Answers
 * what would not end.
 */
export async function heal(stage: Stage, healing: Healing): Promise<readonly string[]> {
  const { control } = stage.simulator;
  const { tally, say } = healing;
  const endMs = performance.now() + healing.withinMs;
  const problems: string[] = [];
  await control.setDelivery(usual);
  await control.clearFaults();
  await control.flushHeld();
  const { idle } = await control.waitForIdle({ timeoutMs: healing.withinMs / 2 });
  if (!idle) problems.push("webhooks were still under way");
  await untilDrained(stage.postgres.url, endMs, healing);
  for (let run = 1; run <= reconciliationsMax; run++) {
    const { healed, open, problem } = await reconcile(stage);
    say(`reconciliation ${run}: ${healed} healed, ${open} open${problem ? `, ${problem}` : ""}`);
    if (healed > 0) tally.add(whenHealed, healed);
    const left = await untilDrained(stage.postgres.url, endMs, healing);
    const isLast = run === reconciliationsMax || left.length > 0;
    if (isLast) problems.push(...left);
    if (left.length > 0 || (healed === 0 && open === 0 && problem === undefined)) break;
    if (isLast)
      problems.push(`the last reconciliation healed ${healed}, left ${open} open: ${problem}`);
  }
  return problems;
}

interface Left {
  readonly what: string;
  readonly count: number;
  readonly word: string | null;
}

async function untilDrained(
  url: string,
  endMs: number,
  { say, produced }: Healing,
): Promise<readonly string[]> {
  const client = new pg.Client({ connectionString: url, application_name: "storm" });
  await client.connect();
  try {
    for (const statement of hasten) await client.query(statement);
    for (let saidMs = performance.now(); ; await pause(everyMs)) {
      const { rows } = await client.query<Left>(underWay, [produced]);
      const left = rows.filter(({ count }) => count > 0).map(inWords);
      if (left.length === 0 || performance.now() > endMs) return left;
      if (performance.now() - saidMs < saidEveryMs) continue;
      saidMs = performance.now();
      say(`not ended yet: ${left.join("; ")}`);
    }
  } finally {
    await client.end();
  }
}

function inWords({ what, count, word }: Left): string {
  return `${count} ${what}${word === null ? "" : ` (${word.slice(0, 300)})`}`;
}
