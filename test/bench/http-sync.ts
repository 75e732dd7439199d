import { present } from "../../src/kernel/assert.js";
import { openBareLedger } from "./bare-ledger.js";
import { type Benchmark, type Figure, figure, percentile } from "./figures.js";
import { openRig, type Rig } from "./rig.js";
import { rounds, roundSeconds } from "./scale.js";
import { type LoadShape, startUsageLoad } from "./start-usage-load.js";
import { startThread } from "./threads.js";
import type { TransactionOrder, TransactionPlan, TransactionResult } from "./transaction-thread.js";
import { checkUsage, untilApplied } from "./usage-checks.js";
import { openUsageShop } from "./usage-shop.js";

/** So many that no wallet gets near the most holds that it may have open. */
const customers = 10_000;
const secondsUsual = 4;
const inFlights = [1, 32] as const;
const besidePerSecond = 2_000;
const besideShape: LoadShape = { kind: "accept", events: 10, customers, connections: 8 };
const besideSecondsMax = 3_600;
const extraMs = 60_000;

/** Does one thing for so long, with so many in flight, and answers how long each took. */
type Measure = (inFlight: InFlight, seconds: number) => Promise<readonly number[]>;
type InFlight = (typeof inFlights)[number];

/** What the caller waits for who must know before it goes on, while others send usage that nobody waits for. */
export const httpSync: Benchmark = {
  name: "http.sync",
  about: "synchronous usage and holds, beside asynchronous load, against one plain transaction",
  run: async (say) => {
    const rig = await openRig();
    try {
      await openUsageShop(rig, { customers });
      await openBareLedger(rig.ctx.db);
      return await measure(rig, say);
    } finally {
      await rig.stop();
    }
  },
};

async function measure(rig: Rig, say: (line: string) => void): Promise<readonly Figure[]> {
  const web = await rig.start("web", { RATE_LIMIT_PER_SECOND: "100000" });
  await rig.start("worker");
  const beside = startUsageLoad(rig, web.url, besideShape);
  beside.control.setPace(besidePerSecond);
  const bare = bareSide(rig);
  const usage = loadSide(rig, web.url, { kind: "wait", status: "200" });
  const hold = loadSide(rig, web.url, { kind: "hold", status: "201" });
  try {
    const besideEnds = beside.fire(besideSecondsMax, "202");
    const latencies = await Promise.race([
      inTurn({ bare: bare.measure, usage: usage.measure, hold: hold.measure }, say),
      besideEnds.then((): never => {
        throw new Error("the load beside it ended too early");
      }),
    ]);
    beside.control.stop();
    await besideEnds;
    await untilApplied(rig);
    await checkUsage(rig, beside.control.answered() + usage.answered());
    return figuresOf(latencies);
  } finally {
    await Promise.all([bare, usage, hold, beside].map((side) => side.stop()));
  }
}

function bareSide(rig: Rig): { readonly measure: Measure; readonly stop: () => Promise<void> } {
  const plan: TransactionPlan = { databaseUrl: rig.databaseUrl };
  const file = rig.compiled("test/bench/transaction-thread.js");
  const thread = startThread<TransactionOrder, TransactionResult>(file, plan);
  return {
    measure: async (inFlight, seconds) =>
      (await thread.ask({ inFlight, seconds }, seconds * 1_000 + extraMs)).latenciesMs,
    stop: thread.stop,
  };
}

function loadSide(
  rig: Rig,
  url: string,
  { kind, status }: { readonly kind: "wait" | "hold"; readonly status: string },
) {
  const loads = new Map(
    inFlights.map((connections) => [
      connections,
      startUsageLoad(rig, url, { kind, events: 1, customers, connections }),
    ]),
  );
  const measured: Measure = async (inFlight, seconds) => {
    const load = present(loads.get(inFlight), "a load was started for each number in flight");
    return (await load.fire(seconds, status)).latenciesMs;
  };
  return {
    measure: measured,
    answered: () => [...loads.values()].reduce((sum, load) => sum + load.control.answered(), 0),
    stop: async () => {
      await Promise.all([...loads.values()].map((load) => load.stop()));
    },
  };
}

type SideName = "bare" | "usage" | "hold";
/** The latencies of each round, by side and number in flight. */
type Latencies = ReadonlyMap<string, readonly (readonly number[])[]>;

const sideNames = ["bare", "usage", "hold"] as const satisfies readonly SideName[];
const nameOf = (side: SideName, inFlight: number): string => `${side}@${inFlight}`;

/** After a round that does not count. */
async function inTurn(
  sides: Readonly<Record<SideName, Measure>>,
  say: (line: string) => void,
): Promise<Latencies> {
  const latencies = new Map<string, (readonly number[])[]>();
  for (let round = 0; round <= rounds; round++)
    for (const inFlight of inFlights)
      for (const name of sideNames) {
        const measured = await sides[name](inFlight, roundSeconds(secondsUsual));
        if (round === 0) continue;
        const key = nameOf(name, inFlight);
        latencies.set(key, (latencies.get(key) ?? []).concat([measured]));
        say(
          `round ${round}/${rounds}  ${key.padEnd(8)}  p50 ${percentile(measured, 0.5).toFixed(2)} ms  p99 ${percentile(measured, 0.99).toFixed(2)} ms  ${measured.length} times`,
        );
      }
  return latencies;
}

function figuresOf(latencies: Latencies): readonly Figure[] {
  return (["usage", "hold"] as const).flatMap((kind) =>
    inFlights.flatMap((inFlight) => {
      const own = latencies.get(nameOf(kind, inFlight)) ?? [];
      const bare = latencies.get(nameOf("bare", inFlight)) ?? [];
      return ([0.5, 0.99] as const).map((share) =>
        figure(
          `http.sync.${kind}.p${share * 100}@${inFlight}`,
          "ms",
          own.map((round) => percentile(round, share)),
          bare.map((round) => percentile(round, share)),
        ),
      );
    }),
  );
}
