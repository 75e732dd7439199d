import { setTimeout as sleep } from "node:timers/promises";
import { type Benchmark, type Figure, figure } from "./figures.js";
import { requestsPerSecond, singleEvents } from "./http-single.js";
import { openRig, type Rig } from "./rig.js";
import { rounds, roundSeconds } from "./scale.js";
import { type LoadShape, startUsageLoad, type UsageLoad } from "./start-usage-load.js";
import { type Steering, steerLoad } from "./steer-load.js";
import { checkUsage, readOne, untilApplied } from "./usage-checks.js";
import { openUsageShop } from "./usage-shop.js";

const customers = 1_000;
const secondsUsual = 60;
const bareSecondsMax = 10;
/** The load begins slowly and finds its pace in this time, which does not count. */
const warmUpSeconds = 15;
const paceAtFirst = 10_000;

const batches: LoadShape = { kind: "accept", events: 100, customers, connections: 32 };

/** Events that are accepted and applied at the same pace, for a minute at a time. */
export const httpBatch: Benchmark = {
  name: "http.batch",
  about: "usage accepted and applied per second, 100 events per request, against a bare server",
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

interface Minute {
  /** The lesser of accepted and applied. */
  readonly perSecond: number;
  readonly lagMaxMs: number;
}

async function measure(rig: Rig, say: (line: string) => void): Promise<readonly Figure[]> {
  const bareServer = await rig.startProgram("test/bench/bare-express.js");
  const web = await rig.start("web");
  await rig.start("worker");
  const bareLoad = startUsageLoad(rig, bareServer.url, singleEvents);
  const load = startUsageLoad(rig, web.url, batches);
  load.control.setPace(paceAtFirst);
  try {
    const bareSeconds = Math.min(bareSecondsMax, roundSeconds(secondsUsual));
    await requestsPerSecond(bareLoad, bareSeconds);
    const bare: number[] = [];
    const minutes: Minute[] = [];
    for (let round = 1; round <= rounds; round++) {
      bare.push(await requestsPerSecond(bareLoad, bareSeconds));
      const minute = await sustain(rig, load, say);
      minutes.push(minute);
      say(
        `round ${round}/${rounds}  bare ${bare.at(-1)?.toFixed(0)}/s  sustained ${minute.perSecond.toFixed(0)} events/s  lag at most ${minute.lagMaxMs.toFixed(0)} ms`,
      );
    }
    await checkUsage(rig, load.control.answered());
    const lags = minutes.map(({ lagMaxMs }) => lagMaxMs);
    return [
      figure(
        "http.batch",
        "events/s",
        minutes.map(({ perSecond }) => perSecond),
        bare,
      ),
      figure("http.batch.lag", "ms", [Math.max(...lags)]),
    ];
  } finally {
    await Promise.all([bareLoad.stop(), load.stop()]);
  }
}

/** One round: warm-up, the time that counts, and then until nothing waits. */
async function sustain(rig: Rig, load: UsageLoad, say: (line: string) => void): Promise<Minute> {
  const seconds = roundSeconds(secondsUsual);
  const steering = steerLoad(rig, load.control);
  // A second more, so that it is still full when the time is over.
  const fired = load.fire(warmUpSeconds + seconds + 1, "202");
  try {
    const measured = await Promise.race([
      watch(rig, { load, steering, seconds, say }),
      fired.then((): never => {
        throw new Error("the load ended too early");
      }),
    ]);
    await fired;
    return measured;
  } finally {
    await steering.stop();
    await untilApplied(rig);
  }
}

async function watch(
  rig: Rig,
  of: { load: UsageLoad; steering: Steering; seconds: number; say: (line: string) => void },
): Promise<Minute> {
  const { load, steering, seconds, say } = of;
  await sleep(warmUpSeconds * 1_000);
  steering.lagMax();
  const from = { answered: load.control.answered(), ...(await readApplied(rig)) };
  const startMs = performance.now();
  await sleep(seconds * 1_000);
  const answered = load.control.answered() - from.answered;
  const answeredSeconds = (performance.now() - startMs) / 1_000;
  const to = await readApplied(rig);
  const accepted = answered / answeredSeconds;
  const applied = (to.applied - from.applied) / (to.atSeconds - from.atSeconds);
  say(`accepted ${accepted.toFixed(0)}/s  applied ${applied.toFixed(0)}/s`);
  return { perSecond: Math.min(accepted, applied), lagMaxMs: steering.lagMax() };
}

/** Events applied so far, and when that was, by the database's clock. */
function readApplied(rig: Rig): Promise<{ applied: number; atSeconds: number }> {
  return readOne(
    rig,
    `select coalesce(sum(events) filter (where applied_at is not null), 0)::float8 as applied,
       extract(epoch from now())::float8 as "atSeconds" from usage_batches`,
  );
}
