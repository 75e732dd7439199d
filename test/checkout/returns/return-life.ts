import type { JsonObject, SimulatorControl } from "@chargly/stripe-simulator";
import fc from "fast-check";
import Stripe from "stripe";
import { deliver, eventsOf, type SentEvent } from "../../journeys/payment-scene.js";
import type { TestStack } from "../../support/stack.js";
import { type PaidCheckout, settle, spend } from "./returns-scene.js";

/**
 * One thing that happens to a paid payment, or that somebody hears of it. `nth` picks among what there is then; what
 * Stripe does not allow at that moment does not happen.
 */
export type Act =
  | { readonly act: "refund"; readonly amount: number; readonly status: "succeeded" | "pending" }
  | { readonly act: "end refund"; readonly nth: number; readonly status: RefundEnd }
  | { readonly act: "dispute"; readonly amount: number; readonly inquiry: boolean }
  | { readonly act: "withdraw" | "reinstate"; readonly nth: number }
  | { readonly act: "close"; readonly nth: number; readonly status: "won" | "lost" }
  | { readonly act: "spend"; readonly credits: number }
  | { readonly act: "look" }
  /** Stripe delivers some of its events, all in one moment. */
  | { readonly act: "tell"; readonly picks: readonly number[] };

type RefundEnd = "succeeded" | "failed" | "canceled" | "requires_action";

/** The price in minor units, and the credits of the pack that these lives buy. */
export const lifePrice = 100;

const nth = fc.nat(5);
const refundAct = fc.record({
  act: fc.constant("refund" as const),
  amount: fc.oneof(fc.integer({ min: 1, max: lifePrice }), fc.constantFrom(33, 34, lifePrice)),
  status: fc.constantFrom("succeeded" as const, "pending" as const),
});
const endRefund = fc.record({
  act: fc.constant("end refund" as const),
  nth,
  status: fc.constantFrom<RefundEnd>("succeeded", "failed", "canceled", "requires_action"),
});
const disputeAct = fc.record({
  act: fc.constant("dispute" as const),
  amount: fc.oneof(fc.constant(lifePrice), fc.integer({ min: 1, max: lifePrice })),
  inquiry: fc.boolean(),
});
const moneyOfDispute = fc.record({
  act: fc.constantFrom("withdraw" as const, "reinstate" as const),
  nth,
});
const closeDispute = fc.record({
  act: fc.constant("close" as const),
  nth,
  status: fc.constantFrom("won" as const, "lost" as const),
});
const spendAct = fc.record({
  act: fc.constant("spend" as const),
  credits: fc.integer({ min: 1, max: 60 }),
});
const look = fc.constant({ act: "look" } as const);
const tell = fc.record({
  act: fc.constant("tell" as const),
  picks: fc.array(fc.nat(60), { minLength: 1, maxLength: 5 }),
});

/** What happens to a payment, with events that arrive on the way, and the order in which all arrive in the end. */
export interface ReturnLife {
  readonly acts: readonly Act[];
  /** Sorts the events of the end; there are as many as it takes, and some come again. */
  readonly order: readonly number[];
  readonly atOnce: boolean;
}

const actLists: fc.Arbitrary<readonly Act[]> = fc
  .tuple(
    fc.subarray([{ act: "look" } as const]), // granted at once, or only when something is heard of it
    fc.array(
      fc.oneof(
        { arbitrary: refundAct, weight: 4 },
        { arbitrary: endRefund, weight: 3 },
        { arbitrary: disputeAct, weight: 2 },
        { arbitrary: moneyOfDispute, weight: 2 },
        { arbitrary: closeDispute, weight: 2 },
        { arbitrary: spendAct, weight: 2 },
        { arbitrary: look, weight: 1 },
        { arbitrary: tell, weight: 3 },
      ),
      { minLength: 3, maxLength: 16 },
    ),
  )
  .map(([first, then]) => [...first, ...then]);

export const returnLives: fc.Arbitrary<ReturnLife> = fc.record({
  acts: actLists,
  order: fc.array(fc.nat(1_000), { minLength: 120, maxLength: 120 }),
  atOnce: fc.boolean(),
});

const anyOrder = Array.from({ length: 120 }, (_, n) => (n * 577) % 1_000);
const tellAll = { act: "tell", picks: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9] } as const;
const fromLastToFirst: Pick<ReturnLife, "order" | "atOnce"> = {
  order: Array.from({ length: 120 }, (_, n) => 1_000 - n),
  atOnce: false,
};

/** Lives that must be among those that are tried. */
export const namedLives: readonly ReturnLife[] = [
  {
    // Spent, refunded in part, refunded for good; the first refund fails and is repeated.
    acts: [
      { act: "look" },
      { act: "spend", credits: 60 },
      { act: "refund", amount: 33, status: "pending" },
      tellAll,
      { act: "end refund", nth: 0, status: "failed" },
      tellAll,
      { act: "refund", amount: 33, status: "succeeded" },
      { act: "refund", amount: 33, status: "succeeded" },
      tellAll,
      { act: "refund", amount: 34, status: "succeeded" },
    ],
    order: anyOrder,
    atOnce: true,
  },
  {
    // An inquiry becomes a dispute after a partial refund; it is lost, appealed and won; then the rest is refunded.
    acts: [
      { act: "refund", amount: 40, status: "succeeded" },
      tellAll,
      { act: "dispute", amount: lifePrice, inquiry: true },
      { act: "withdraw", nth: 0 },
      { act: "look" },
      { act: "close", nth: 0, status: "lost" },
      { act: "reinstate", nth: 0 },
      { act: "close", nth: 0, status: "won" },
      tellAll,
      { act: "refund", amount: 60, status: "succeeded" },
    ],
    ...fromLastToFirst,
  },
  {
    // Two disputes of one payment, one of them won.
    acts: [
      { act: "dispute", amount: 30, inquiry: false },
      { act: "dispute", amount: 50, inquiry: false },
      tellAll,
      { act: "close", nth: 1, status: "won" },
    ],
    ...fromLastToFirst,
  },
];

/** Lives the acts one after another. */
export async function live(
  stack: TestStack,
  checkout: PaidCheckout,
  acts: readonly Act[],
): Promise<{ readonly spent: number }> {
  const { control } = stack.simulator;
  const stripe = simulatedStripe(stack);
  let spent = 0;
  for (const act of acts) {
    if (act.act === "spend")
      spent += (await spend(stack, checkout, act.credits)) === 200 ? act.credits : 0;
    else if (act.act === "look") await settle(stack, checkout);
    else if (act.act === "tell") await tellSome(stack, checkout, act.picks);
    else await happenAtStripe({ control, stripe, checkout }, act).catch(onlyImpossible);
  }
  return { spent };
}

type MoneyAct = Exclude<Act, { readonly act: "spend" | "look" | "tell" }>;

interface Scene {
  readonly control: SimulatorControl;
  readonly stripe: Stripe;
  readonly checkout: PaidCheckout;
}

async function happenAtStripe({ control, stripe, checkout }: Scene, act: MoneyAct): Promise<void> {
  const { paymentIntent } = checkout;
  const listed = { payment_intent: paymentIntent };
  switch (act.act) {
    case "refund":
      await control.refund({ paymentIntent, amount: act.amount, status: act.status });
      return;
    case "dispute":
      await control.dispute({ paymentIntent, amount: act.amount, inquiry: act.inquiry });
      return;
    case "end refund": {
      const id = pick((await stripe.refunds.list(listed)).data, act.nth)?.id;
      if (id !== undefined) await control.setRefundStatus(id, act.status);
      return;
    }
    default: {
      const id = pick((await stripe.disputes.list(listed)).data, act.nth)?.id;
      if (id === undefined) return;
      if (act.act === "close") await control.closeDispute(id, act.status);
      else if (act.act === "withdraw") await control.disputeFundsWithdrawn(id);
      else await control.disputeFundsReinstated(id);
    }
  }
}

/** What Stripe does not allow says so; anything else is a fault of the test. */
function onlyImpossible(error: unknown): void {
  const isSaid =
    error instanceof Error &&
    /cannot|greater than|already|charged back|No funds/.test(error.message);
  if (!isSaid) throw error;
}

function pick<T>(all: readonly T[], at: number): T | undefined {
  return all[at % Math.max(1, all.length)];
}

async function tellSome(
  stack: TestStack,
  checkout: PaidCheckout,
  picks: readonly number[],
): Promise<void> {
  const events = await eventsOf(stack, checkout);
  await Promise.all(
    picks.map(async (at) => {
      const event = pick(events, at);
      if (event !== undefined) await deliver(stack, event.id);
    }),
  );
}

/** Every event at least once, some twice, the second time under an id of its own, in the order of the life. */
export function inOrder(
  events: readonly SentEvent[],
  order: readonly number[],
): readonly JsonObject[] {
  const twice = events.filter((_, n) => (order[n] ?? 0) % 3 === 0);
  return [...events.map(({ body }) => body), ...twice.map(retold)]
    .map((event, n) => ({ event, rank: order[n % order.length] ?? 0 }))
    .toSorted((a, b) => a.rank - b.rank)
    .map(({ event }) => event);
}

/** Two event ids can tell of one change. */
function retold({ id, body }: SentEvent): JsonObject {
  return { ...body, id: `${id}_again` };
}

/**
 * What is gone of a payment in the end, by what Stripe shows: written anew here, so that it shares nothing with what it
 * judges.
 */
export async function goneAtStripe(
  stack: TestStack,
  { paymentIntent }: PaidCheckout,
): Promise<{ readonly refunded: number; readonly withheld: number }> {
  const stripe = simulatedStripe(stack);
  const listed = { payment_intent: paymentIntent, limit: 100 };
  const refunds = (await stripe.refunds.list(listed)).data;
  const disputes = (await stripe.disputes.list(listed)).data;
  const alive = refunds.filter(({ status }) => status !== "failed" && status !== "canceled");
  const moved = disputes.flatMap((dispute) => dispute.balance_transactions);
  return {
    refunded: alive.reduce((total, { amount }) => total + amount, 0),
    withheld: moved.reduce((total, { amount }) => total - amount, 0),
  };
}

export function simulatedStripe({ simulator, stripeKey }: TestStack): Stripe {
  const { host, port } = simulator;
  return new Stripe(stripeKey, { host, port, protocol: "http" });
}
