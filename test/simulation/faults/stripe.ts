import { setTimeout as pause } from "node:timers/promises";
import type { Simulator } from "@chargly/stripe-simulator";
import type { Random } from "../random.js";
import type { Fault, Scene } from "./fault.js";

type Control = Simulator["control"];

const badMs = [1_500, 4_000] as const;

const usualCounts = [5, 40] as const;

/** While it lasts requests to Stripe fail in this way; answers whether one did. */
function requestFault(
  name: string,
  rule: Omit<Parameters<Control["failRequests"]>[0], "count">,
  counts: readonly [number, number] = usualCounts,
): Fault {
  return {
    name,
    target: "stripe requests",
    strike: async ({ stage: { simulator }, random }) => {
      // A log that begins here is short, and tells of this fault alone.
      await simulator.control.resetLog();
      await simulator.control.failRequests({ ...rule, count: random.between(...counts) });
      const status = typeof rule.status === "number" ? rule.status : 0;
      await pause(random.between(...badMs));
      const hasStruck = await comesTrue(async () => {
        const { requests } = await simulator.control.requests();
        return requests.some((request) => request.status === status);
      });
      await simulator.control.clearFaults();
      return hasStruck;
    },
  };
}

/** While it lasts webhooks travel in this way. */
function deliveryFault(
  name: string,
  change: (random: Random) => Parameters<Control["setDelivery"]>[0],
  after: (control: Control) => Promise<unknown> = async () => undefined,
): Fault {
  return {
    name,
    target: "webhooks",
    strike: async ({ stage: { simulator }, random }) => {
      const { control } = simulator;
      const before = await lastDelivery(control);
      await control.setDelivery(change(random));
      await pause(random.between(...badMs));
      const hasStruck = await comesTrue(async () => (await lastDelivery(control)) !== before);
      await control.setDelivery(usual);
      await after(control);
      return hasStruck;
    },
  };
}

async function lastDelivery(control: Control): Promise<string> {
  const last = (await control.deliveries()).at(-1);
  return `${last?.eventId} to ${last?.endpointId}`;
}

const comesTrueWithinMs = 20_000;

/** Waits for something to strike at: on a slow machine nobody may have paid or asked in the meantime. */
async function comesTrue(fact: () => Promise<boolean>): Promise<boolean> {
  for (const endMs = performance.now() + comesTrueWithinMs; performance.now() < endMs; ) {
    if (await fact()) return true;
    await pause(500);
  }
  return false;
}

export const usual = {
  mode: "deliver",
  duplicate: 0,
  reorder: false,
  delayMs: 0,
  delayJitterMs: 0,
  dropRate: 0,
} as const;

/** Events that are never made at all: nothing can be redelivered, only the objects tell. */
const suppress: Fault = {
  name: "suppress events",
  target: "suppressed events",
  strike: async ({ stage: { simulator }, random }: Scene) => {
    await simulator.control.suppressEvents({ count: random.between(3, 12) });
    return true;
  },
};

const refunding = { method: "POST", pathPrefix: "/v1/refunds" } as const;

/** What Stripe and the way from it can do. */
export const stripeFaults: readonly Fault[] = [
  requestFault("stripe answers 429", { status: 429, retryAfterSec: 1 }),
  requestFault("stripe answers 500", { status: 500 }),
  requestFault("stripe cuts connections", { status: "reset" }),
  requestFault("stripe loses answers", { status: "reset", afterEffect: true }),
  // As often as one call repeats itself, or a little more or less: then nobody knows whether there is a refund.
  requestFault("stripe fails refunds", { ...refunding, status: 500 }, [2, 6]),
  requestFault(
    "stripe loses refunds",
    { ...refunding, status: "reset", afterEffect: true },
    [2, 6],
  ),
  {
    name: "stripe is slow",
    target: "stripe requests",
    strike: async ({ stage: { simulator }, random }) => {
      await simulator.control.resetLog();
      await simulator.control.latency({ ms: random.between(50, 800), jitterMs: 500 });
      await pause(random.between(...badMs));
      const hasStruck = await comesTrue(async () => (await simulator.control.requests()).count > 0);
      await simulator.control.latency({ ms: 0 });
      return hasStruck;
    },
  },
  deliveryFault("duplicate webhooks", (random) => ({ duplicate: random.between(1, 3) })),
  deliveryFault("reorder webhooks", () => ({ reorder: true, delayJitterMs: 400 })),
  deliveryFault("delay webhooks", (random) => ({ delayMs: random.between(300, 1_500) })),
  deliveryFault("drop webhooks", () => ({ dropRate: 0.7 })),
  deliveryFault(
    "hold webhooks back",
    () => ({ mode: "hold" }),
    (control) => control.flushHeld({ order: "random" }),
  ),
  suppress,
];
