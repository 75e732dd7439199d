import { ConflictError, InvalidRequestError, UnavailableError } from "@chargly/sdk";
import type { FailRequests } from "@chargly/stripe-simulator";
import { packForSale } from "../shop.js";
import type { Provocation, Scene } from "./scene.js";

/** Refusals of selling and refunding. */
export const ofPayments = {
  origin_not_allowed: {
    as: InvalidRequestError,
    has: { param: "successUrl" },
    by: async (scene) => order(scene, { successUrl: "https://elsewhere.example.com/done" }),
  },
  pack_not_available: {
    as: ConflictError,
    by: async ({ chargly, customer }) => {
      const terms = { name: "Old", credits: 1, price: { amount: 100, currency: "usd" } };
      await chargly.creditPacks.publish("withdrawn", { ...terms, onSale: false });
      return chargly.createCheckout({
        customerId: await customer(),
        creditPackCode: "withdrawn",
      });
    },
  },
  stripe_not_connected: {
    as: ConflictError,
    by: async ({ paused }) => {
      const terms = { name: "None", credits: 1, price: { amount: 100, currency: "usd" } };
      await paused.creditPacks.publish("unsellable", terms);
      return paused.createCheckout({ customerId: "ann", creditPackCode: "unsellable" });
    },
  },
  stripe_refused: { as: UnavailableError, by: (scene) => orderWhile(scene, 402) },
  stripe_unavailable: { as: UnavailableError, by: (scene) => orderWhile(scene, 500) },
  nothing_to_refund: {
    as: ConflictError,
    by: async (scene) => {
      const id = await bought(scene);
      await scene.chargly.purchases.refund(id);
      return scene.chargly.purchases.refund(id);
    },
  },
  refund_exceeds_unspent: {
    as: ConflictError,
    by: async (scene) => scene.chargly.purchases.refund(await bought(scene), { credits: 501 }),
  },
  refund_in_progress: {
    as: ConflictError,
    by: async (scene) => {
      const id = await bought(scene);
      const lost = { pathPrefix: "/v1/refunds", status: "reset", count: 10 } as const;
      return whileStripe(scene, lost, async () => {
        await scene.chargly.purchases.refund(id, { credits: 100 });
        return scene.chargly.purchases.refund(id);
      });
    },
  },
} as const satisfies Record<string, Provocation>;

async function order({ chargly, customer }: Scene, more: object = {}) {
  return chargly.createCheckout({
    customerId: await customer(),
    creditPackCode: packForSale,
    ...more,
  });
}

/** The id of a purchase of 500 credits. */
async function bought(scene: Scene): Promise<string> {
  const { checkoutId, checkoutUrl } = await order(scene);
  await scene.shop.pay(checkoutUrl);
  await scene.chargly.checkouts.wait(checkoutId, { forSeconds: 30 });
  return checkoutId;
}

function orderWhile(scene: Scene, status: number): Promise<unknown> {
  const failing: FailRequests = { pathPrefix: "/v1/checkout/sessions", status, count: 10 };
  return whileStripe(scene, failing, () => order(scene));
}

async function whileStripe<T>({ shop }: Scene, failing: FailRequests, work: () => Promise<T>) {
  const { control } = shop.stack.simulator;
  await control.failRequests({ ...failing, method: "POST" });
  try {
    return await work();
  } finally {
    await control.clearFaults();
  }
}
