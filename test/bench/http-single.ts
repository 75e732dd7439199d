import { ringLanes } from "../../src/metering/jobs.js";
import { type Benchmark, type Figure, figure } from "./figures.js";
import { openRig, type Rig } from "./rig.js";
import { rounds, roundSeconds } from "./scale.js";
import { type LoadShape, startUsageLoad, type UsageLoad } from "./start-usage-load.js";
import { checkUsage, lanesOf, untilApplied } from "./usage-checks.js";
import { openUsageShop } from "./usage-shop.js";

const customers = 1_000;
const secondsUsual = 8;
const warmUpSeconds = 3;

/** One event per request, as most applications will send it. */
export const singleEvents: LoadShape = { kind: "accept", events: 1, customers, connections: 64 };

/** Committed to Postgres before the 202, against a server that keeps nothing. */
export const httpSingle: Benchmark = {
  name: "http.single",
  about: "usage accepted per second, one event per request, against a bare Express server",
  run: async (say) => {
    const rig = await openRig();
    try {
      await openUsageShop(rig, { customers });
      return await measure(rig, say);
    } finally {
      await rig.stop();
    }
  },
};

async function measure(rig: Rig, say: (line: string) => void): Promise<readonly Figure[]> {
  const bare = await rig.startProgram("test/bench/bare-express.js");
  // Without a worker all of it waits; that is not what is measured first.
  const web = await rig.start("web", { USAGE_LAG_MAX_SECONDS: "86400" });
  const loads = {
    bare: startUsageLoad(rig, bare.url, singleEvents),
    web: startUsageLoad(rig, web.url, singleEvents),
  };
  try {
    const accepting = await inTurn(loads, (line) => say(`accepting  ${line}`));
    await rig.start("worker");
    await ringLanes(rig.ctx.ringer, await lanesOf(rig));
    await untilApplied(rig);
    const applying = await inTurn(loads, (line) => say(`applying   ${line}`));
    await untilApplied(rig);
    await checkUsage(rig, loads.web.control.answered());
    return [
      figure("http.single", "events/s", accepting.web, accepting.bare),
      figure("http.single.applying", "events/s", applying.web, applying.bare),
    ];
  } finally {
    await Promise.all([loads.bare.stop(), loads.web.stop()]);
  }
}

/** Requests per second of either side, in turn, after a warm-up of both. */
async function inTurn(
  loads: Readonly<Record<"bare" | "web", UsageLoad>>,
  say: (line: string) => void,
): Promise<Readonly<Record<"bare" | "web", readonly number[]>>> {
  const measured = { bare: [] as number[], web: [] as number[] };
  for (let round = 0; round <= rounds; round++)
    for (const side of ["bare", "web"] as const) {
      const seconds = round === 0 ? warmUpSeconds : roundSeconds(secondsUsual);
      const perSecond = await requestsPerSecond(loads[side], seconds);
      if (round === 0) continue;
      measured[side].push(perSecond);
      say(`round ${round}/${rounds}  ${side.padEnd(4)}  ${perSecond.toFixed(0)}/s`);
    }
  return measured;
}

/** Throws unless every request was accepted. */
export async function requestsPerSecond(load: UsageLoad, seconds: number): Promise<number> {
  const { latenciesMs, elapsedMs } = await load.fire(seconds, "202");
  return latenciesMs.length / (elapsedMs / 1_000);
}
