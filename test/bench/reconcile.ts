import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { createControl } from "@chargly/stripe-simulator";
import type { ReconcileContext } from "../../src/reconciliation/context.js";
import { runReconciliation } from "../../src/reconciliation/run-reconciliation.js";
import { sellLongAgo } from "../support/long-ago.js";
import { type Benchmark, figure, type Figure, median } from "./figures.js";
import { openRig, type Rig } from "./rig.js";
import { comparedPayments } from "./scale.js";

/** So that no payment is too young to be compared. */
const shiftMs = 120_000;
/** Nothing but the machine limits the pace here; in the product it is 10 a second. */
const requestsPerSecond = 100_000;
const soldAtOnce = 5_000;
const rounds = 3;
/** A collection of all garbage takes a while, so not every page is weighed. */
const pagesPerSample = 40;

/** The full comparison of payments that all agree, with the simulator in a process of its own. */
export const reconcile: Benchmark = {
  name: "reconcile",
  about: "payments compared with Stripe: pace, requests, memory",
  run: async (say) => {
    const rig = await openRig();
    try {
      await sell(rig, say);
      return await measure(rig, say);
    } finally {
      await rig.stop();
    }
  },
};

async function sell(rig: Rig, say: (line: string) => void): Promise<void> {
  const { projectId, stripeKey } = rig;
  const control = createControl(rig.simulatorUrl);
  await control.suppressEvents({ count: comparedPayments * 10 });
  const shop = { db: rig.ctx.db, control, projectId, stripeKey };
  for (let sold = 0; sold < comparedPayments; sold += soldAtOnce) {
    await sellLongAgo(shop, Math.min(soldAtOnce, comparedPayments - sold));
    say(`${Math.min(sold + soldAtOnce, comparedPayments)} payments sold`);
  }
}

interface Round {
  readonly perSecond: number;
  readonly requestsPerThousand: number;
  /** Megabytes that are in use right after collecting garbage: while pages are compared, median of the first and last fifth, and most. */
  readonly firstMb: number;
  readonly lastMb: number;
  readonly mostMb: number;
}

/** The collector of this process, which its command line need not have asked for. */
function garbageCollector(): () => void {
  setFlagsFromString("--expose-gc");
  const collect: unknown = runInNewContext("gc");
  if (typeof collect !== "function") throw new Error("garbage cannot be collected on demand");
  return () => void collect();
}

async function measure(rig: Rig, say: (line: string) => void): Promise<readonly Figure[]> {
  const measured: Round[] = [];
  for (let round = 0; round < rounds; round++) {
    const each = await compareOnce(rig);
    say(
      `${Math.round(each.perSecond)}/s, ${each.firstMb} MB, then ${each.lastMb}, at most ${each.mostMb}`,
    );
    measured.push(each);
  }
  const of = (name: keyof Round) => measured.map((each) => each[name]);
  return [
    figure("reconcile.payments", "payments/s", of("perSecond")),
    figure("reconcile.requests", "requests per 1,000 payments", of("requestsPerThousand")),
    figure("reconcile.heap", "MB, last fifth against first", of("lastMb"), of("firstMb")),
    figure("reconcile.heap.most", "MB", of("mostMb")),
  ];
}

async function compareOnce({ ctx, projectId }: Rig): Promise<Round> {
  const heapMb: number[] = [];
  const collect = garbageCollector();
  let pages = 0;
  let weighingMs = 0;
  const weigh = () => {
    pages += 1;
    if (pages % pagesPerSample !== 0) return;
    const fromMs = performance.now();
    collect();
    const { heapUsed, external } = process.memoryUsage();
    heapMb.push((heapUsed + external) / 2 ** 20);
    weighingMs += performance.now() - fromMs;
  };
  const shifted: ReconcileContext = { ...ctx, clock: { nowMs: () => Date.now() + shiftMs } };
  const startMs = performance.now();
  const outcome = await runReconciliation(shifted, {
    projectId,
    ring: "full",
    requestsPerSecond,
    onProgress: weigh,
  });
  const seconds = (performance.now() - startMs - weighingMs) / 1_000;
  const { payments = 0, found = 0, requests = 0 } = outcome.run.counts;
  if (outcome.kind !== "finished" || payments !== comparedPayments || found > 0)
    throw new Error(`compared ${payments} payments, of which ${found} differ`);
  const fifth = Math.max(1, Math.floor(heapMb.length / 5));
  return {
    perSecond: payments / seconds,
    requestsPerThousand: requests / (payments / 1_000),
    firstMb: rounded(median(heapMb.slice(0, fifth))),
    lastMb: rounded(median(heapMb.slice(-fifth))),
    mostMb: rounded(Math.max(...heapMb)),
  };
}

function rounded(mb: number): number {
  return Math.round(mb * 10) / 10;
}
