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
  /** Megabytes of the heap, over the first and the last tenth of the pages. */
  readonly firstMb: number;
  readonly lastMb: number;
}

async function measure(rig: Rig, say: (line: string) => void): Promise<readonly Figure[]> {
  const measured: Round[] = [];
  for (let round = 0; round < rounds; round++) {
    const each = await compareOnce(rig);
    say(`${Math.round(each.perSecond)}/s, heap ${each.firstMb} MB, then ${each.lastMb} MB`);
    measured.push(each);
  }
  const of = (name: keyof Round) => measured.map((each) => each[name]);
  return [
    figure("reconcile.payments", "payments/s", of("perSecond")),
    figure("reconcile.requests", "requests per 1,000 payments", of("requestsPerThousand")),
    figure("reconcile.heap", "MB, last tenth against first", of("lastMb"), of("firstMb")),
  ];
}

async function compareOnce({ ctx, projectId }: Rig): Promise<Round> {
  const heapMb: number[] = [];
  const shifted: ReconcileContext = { ...ctx, clock: { nowMs: () => Date.now() + shiftMs } };
  const startMs = performance.now();
  const outcome = await runReconciliation(shifted, {
    projectId,
    ring: "full",
    requestsPerSecond,
    onProgress: () => void heapMb.push(process.memoryUsage().heapUsed / 2 ** 20),
  });
  const seconds = (performance.now() - startMs) / 1_000;
  const { payments = 0, found = 0, requests = 0 } = outcome.run.counts;
  if (outcome.kind !== "finished" || payments !== comparedPayments || found > 0)
    throw new Error(`compared ${payments} payments, of which ${found} differ`);
  const tenth = Math.max(1, Math.floor(heapMb.length / 10));
  return {
    perSecond: payments / seconds,
    requestsPerThousand: requests / (payments / 1_000),
    firstMb: Math.round(median(heapMb.slice(0, tenth))),
    lastMb: Math.round(median(heapMb.slice(-tenth))),
  };
}
