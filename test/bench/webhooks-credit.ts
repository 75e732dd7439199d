import { setTimeout as sleep } from "node:timers/promises";
import { settlePurchase } from "../../src/checkout/settle-purchase.js";
import type { PurchaseId } from "../../src/kernel/ids.js";
import { until } from "../support/until.js";
import { type Benchmark, type Figure, percentile, roundedFigure } from "./figures.js";
import { type CreditWatch, watchCredits } from "./credit-watch.js";
import { openShop, type PaidPurchase, type Shop } from "./paid-purchases.js";
import { openRig, type Rig } from "./rig.js";

const rounds = 5;
const directPerRound = 20;
/** Purchases a second, and how many of them in one round. */
const paces = [
  { perSecond: 1, purchases: 20 },
  { perSecond: 100, purchases: 500 },
] as const;
const warmUpPurchases = 50;
const creditedWithinMs = 60_000;

/** From the 200 that Stripe gets to the commit that shows the credits, with all processes apart. */
export const webhooksCredit: Benchmark = {
  name: "webhooks.credit",
  about:
    "from webhook acknowledged to credits visible, against one direct settlement without queue",
  run: async (say) => {
    const rig = await openRig();
    const watch = await watchCredits(rig.databaseUrl).catch(async (error: unknown) => {
      await rig.stop();
      throw error;
    });
    try {
      return await measure(rig, watch, say);
    } finally {
      await watch.stop();
      await rig.stop();
    }
  },
};

async function measure(
  rig: Rig,
  watch: CreditWatch,
  say: (line: string) => void,
): Promise<readonly Figure[]> {
  const web = await rig.start("web");
  await rig.start("worker");
  await rig.start("scheduler");
  const shop = openShop(rig, web.url);
  try {
    await settleDirectly(rig, await shop.sell(directPerRound));
    await deliver(shop, watch, warmUpPurchases, 20);
    const direct: number[] = [];
    const delays = paces.map(() => [] as number[]);
    for (let round = 1; round <= rounds; round++) {
      direct.push(...(await settleDirectly(rig, await shop.sell(directPerRound))));
      say(`round ${round}/${rounds}  direct  ${spread(direct.slice(-directPerRound))}`);
      for (const [index, { perSecond, purchases }] of paces.entries()) {
        const measured = await deliver(shop, watch, purchases, perSecond);
        delays[index]?.push(...measured);
        say(`round ${round}/${rounds}  ${`${perSecond}/s`.padEnd(6)}  ${spread(measured)}`);
      }
    }
    return paces.flatMap(({ perSecond }, index) =>
      ([0.5, 0.99] as const).map((share) =>
        roundedFigure({
          name: `webhooks.credit.p${share * 100}@${perSecond}`,
          unit: "ms",
          value: percentile(delays[index] ?? [], share),
          baseline: percentile(direct, share),
          samples: delays[index]?.length ?? 0,
        }),
      ),
    );
  } finally {
    shop.close();
  }
}

/** One after the other: what a purchase costs when somebody waits for nothing but Stripe and Postgres. */
async function settleDirectly(rig: Rig, purchases: readonly PaidPurchase[]): Promise<number[]> {
  const durationsMs: number[] = [];
  for (const { id } of purchases) {
    const startMs = performance.now();
    const { state } = await settlePurchase(rig.ctx, rig.projectId, id as PurchaseId);
    durationsMs.push(performance.now() - startMs);
    if (state !== "paid") throw new Error(`a paid purchase was settled as ${state}`);
  }
  return durationsMs;
}

/** Posts the webhook of each purchase at its time, whether or not the ones before are credited. */
async function deliver(
  shop: Shop,
  watch: CreditWatch,
  count: number,
  perSecond: number,
): Promise<number[]> {
  const purchases = await shop.sell(count);
  const startMs = performance.now();
  const acknowledged: Promise<number>[] = [];
  for (const [index, purchase] of purchases.entries()) {
    await sleep(Math.max(0, startMs + (index * 1_000) / perSecond - performance.now()));
    acknowledged.push(shop.postWebhook(purchase));
  }
  const acknowledgedMs = await Promise.all(acknowledged);
  await until(() => purchases.every(({ walletId }) => watch.creditedMs(walletId) !== undefined), {
    timeoutMs: creditedWithinMs,
    because: `${count} purchases to be credited`,
  });
  return purchases.map(
    ({ walletId }, index) => (watch.creditedMs(walletId) ?? 0) - (acknowledgedMs[index] ?? 0),
  );
}

function spread(valuesMs: readonly number[]): string {
  return `p50 ${percentile(valuesMs, 0.5).toFixed(1)} ms  p99 ${percentile(valuesMs, 0.99).toFixed(1)} ms`;
}
