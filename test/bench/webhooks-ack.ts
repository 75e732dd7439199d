import { type Benchmark, figure, percentile } from "./figures.js";
import type { LoadResult } from "./load-thread.js";
import { openRig, type Rig } from "./rig.js";
import { type Load, startLoad } from "./start-load.js";

const connections = 64;
const warmUpDeliveries = 4_000;
const deliveriesPerRound = 10_000;
const rounds = 7;

/** Signed webhooks acknowledged per second, against a server that only verifies them. */
export const webhooksAck: Benchmark = {
  name: "webhooks.ack",
  about:
    "signed webhooks acknowledged per second, against a bare Express server that only verifies",
  run: async (say) => {
    const rig = await openRig();
    try {
      return await measure(rig, say);
    } finally {
      await rig.stop();
    }
  },
};

async function measure(rig: Rig, say: (line: string) => void) {
  const bare = await rig.startProgram("test/bench/bare-receiver.js", {
    BENCH_WEBHOOK_SECRET: rig.webhookSecret,
  });
  const web = await rig.start("web");
  const loads = { bare: loadOn(rig, bare.url), web: loadOn(rig, web.url) };
  try {
    await loads.bare.fire(warmUpDeliveries);
    await loads.web.fire(warmUpDeliveries);
    const measured = { bare: [] as Round[], web: [] as Round[] };
    for (let round = 1; round <= rounds; round++) {
      for (const side of ["bare", "web"] as const) {
        const result = toRound(await loads[side].fire(deliveriesPerRound));
        measured[side].push(result);
        const { perSecond, p50Ms, p99Ms } = result;
        say(
          `round ${round}/${rounds}  ${side.padEnd(4)}  ${perSecond.toFixed(0)}/s  p50 ${p50Ms.toFixed(1)} ms  p99 ${p99Ms.toFixed(1)} ms`,
        );
      }
    }
    const acknowledged = warmUpDeliveries + rounds * deliveriesPerRound;
    const column = (pick: (round: Round) => number) =>
      [measured.web.map(pick), measured.bare.map(pick)] as const;
    return [
      figure("webhooks.ack", "webhooks/s", ...column(({ perSecond }) => perSecond)),
      figure("webhooks.ack.p50", "ms", ...column(({ p50Ms }) => p50Ms)),
      figure("webhooks.ack.p99", "ms", ...column(({ p99Ms }) => p99Ms)),
      figure("webhooks.ack.stored", "events", [await countEvents(rig)], [acknowledged]),
    ];
  } finally {
    await Promise.all([loads.bare.stop(), loads.web.stop()]);
  }
}

function loadOn(rig: Rig, url: string): Load {
  return startLoad(rig.compiled("test/bench/load-thread.js"), {
    port: Number(new URL(url).port),
    path: rig.webhookPath,
    secret: rig.webhookSecret,
    connections,
  });
}

interface Round {
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/** Anything but 200 for every delivery is no figure. */
function toRound({ elapsedMs, statuses, latenciesMs }: LoadResult): Round {
  const taken = statuses["200"] ?? 0;
  if (taken !== latenciesMs.length)
    throw new Error(`not every webhook was acknowledged: ${JSON.stringify(statuses)}`);
  const latencies = [...latenciesMs];
  return {
    perSecond: taken / (elapsedMs / 1_000),
    p50Ms: percentile(latencies, 0.5),
    p99Ms: percentile(latencies, 0.99),
  };
}

async function countEvents({ ctx }: Rig): Promise<number> {
  const { rows } = await ctx.db.raw<{ rows: { stored: number }[] }>(
    "select count(*)::int as stored from stripe_events",
  );
  return rows[0]?.stored ?? 0;
}
