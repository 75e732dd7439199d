import { Chargly, type CharglyOptions, type Fetch, type RateCardTerms } from "@chargly/sdk";
import { openWallet } from "../../src/ledger/open-wallet.js";
import { sessionOf, startTestStack, type TestStack } from "../support/stack.js";

/** What the contract of the SDK is tried against: the product, or the fake that stands for it in users' tests. */
export interface Shop {
  readonly chargly: Chargly;
  /** Another client of the same shop, such as one with a key that nobody knows. */
  readonly clientWith: (apiKey: string) => Chargly;
  readonly client: (options: CharglyOptions) => Chargly;
  /** How its clients reach it. */
  readonly fetch: Fetch;
  /** Pays a checkout as the customer would. */
  readonly pay: (checkoutUrl: string) => Promise<void>;
  /** Lets the time of all open holds of a customer be over. */
  readonly runOut: (customerId: string) => Promise<void>;
  readonly stop: () => Promise<void>;
}

/** One pack is for sale in every shop: 500 credits for $9.99. */
export const packForSale = "starter-500";

export const rates: RateCardTerms = {
  events: {
    "chat.reply": {
      price: {
        type: "models",
        models: {
          "gpt-x": {
            type: "properties",
            properties: {
              inputTokens: { credits: "150", per: 1_000_000 },
              outputTokens: { credits: "600", per: 1_000_000 },
            },
          },
        },
      },
    },
    "image.generate": { price: { type: "quantity", credits: 4 } },
    "page.read": {
      price: { type: "flat", credits: "0.5" },
      shortfall: { policy: "upToAvailable" },
    },
    "report.write": {
      price: { type: "flat", credits: 5 },
      shortfall: { policy: "debt", limit: 10 },
    },
  },
};

export interface ProductShop extends Shop {
  readonly stack: TestStack;
}

/** The product itself: web and worker on a real Postgres, with the simulator as Stripe. */
export async function openProduct(): Promise<ProductShop> {
  const stack = await startTestStack();
  const { apiKey, url: baseUrl } = stack;
  const client = (options: CharglyOptions): Chargly => new Chargly({ apiKey, baseUrl, ...options });
  return {
    stack,
    chargly: client({}),
    clientWith: (key) => client({ apiKey: key }),
    client,
    fetch: (url, init) => fetch(url, init),
    pay: async (checkoutUrl) => {
      await stack.simulator.control.pay(sessionOf(checkoutUrl), { card: "paid" });
    },
    runOut: async (customerId) => {
      const { db } = stack.database;
      const { id } = await openWallet(db, stack.projectId, customerId);
      await db("holds")
        .where({ wallet_id: id })
        .whereNull("ended_at")
        .update({ expires_at: db.raw("clock_timestamp() - interval '1 ms'") });
    },
    stop: () => stack.stop(),
  };
}
