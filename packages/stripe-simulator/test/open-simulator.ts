import { createServer, type Server } from "node:http";
import Stripe from "stripe";
import { afterAll, beforeAll } from "vitest";
import { type Simulator, type SimulatorOptions, startSimulator } from "../src/index.js";

/** The real SDK, pointed at a simulator. */
export function sdk(
  simulator: Simulator,
  key = "sk_test_simulator",
  config: { maxNetworkRetries?: number; stripeAccount?: string; timeout?: number } = {},
): Stripe {
  return new Stripe(key, {
    host: simulator.host,
    port: simulator.port,
    protocol: "http",
    maxNetworkRetries: 0,
    telemetry: false,
    ...config,
  });
}

/** One simulator for the tests of a file. */
export function openSimulator(options: SimulatorOptions = {}): {
  readonly simulator: Simulator;
  readonly stripe: Stripe;
} {
  const opened: { simulator?: Simulator; stripe?: Stripe } = {};
  beforeAll(async () => {
    opened.simulator = await startSimulator(options);
    opened.stripe = sdk(opened.simulator);
  });
  afterAll(async () => opened.simulator?.stop());
  const get = <T>(value: T | undefined): T => {
    if (value === undefined) throw new Error("the simulator is not open yet");
    return value;
  };
  return {
    get simulator() {
      return get(opened.simulator);
    },
    get stripe() {
      return get(opened.stripe);
    },
  };
}

/** The parameters of a checkout as a shop sends them. */
export function packParams(
  change: Partial<Stripe.Checkout.SessionCreateParams> = {},
): Stripe.Checkout.SessionCreateParams {
  return {
    mode: "payment",
    line_items: [
      {
        quantity: 1,
        price_data: {
          currency: "usd",
          unit_amount: 999,
          product_data: { name: "500 credits" },
        },
      },
    ],
    success_url: "http://127.0.0.1:1/done?session={CHECKOUT_SESSION_ID}",
    cancel_url: "http://127.0.0.1:1/cart",
    adaptive_pricing: { enabled: false },
    ...change,
  };
}

/** A checkout that was paid at once. */
export async function paidSession(
  simulator: Simulator,
  stripe: Stripe,
  change: Partial<Stripe.Checkout.SessionCreateParams> = {},
): Promise<{ session: Stripe.Checkout.Session; intent: string; charge: string }> {
  const { id } = await stripe.checkout.sessions.create(packParams(change));
  await simulator.control.pay(id);
  const session = await stripe.checkout.sessions.retrieve(id, { expand: ["payment_intent"] });
  const intent = session.payment_intent;
  if (typeof intent !== "object" || typeof intent?.latest_charge !== "string") {
    throw new Error("the session was not paid");
  }
  return { session, intent: intent.id, charge: intent.latest_charge };
}

/** What a webhook receiver got. */
export interface Received {
  readonly body: string;
  readonly signature: string;
}

/** A receiver of webhooks; `answer` says with which status, 200 when absent. */
export async function openReceiver(
  answer: (count: number) => number = () => 200,
): Promise<{ url: string; received: Received[]; types(): string[]; close(): Promise<void> }> {
  const received: Received[] = [];
  const server: Server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      received.push({
        body: Buffer.concat(chunks).toString("utf8"),
        signature: String(request.headers["stripe-signature"]),
      });
      response.writeHead(answer(received.length)).end();
    });
  });
  const port = await new Promise<number>((resolve) => {
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      resolve(typeof address === "object" && address !== null ? address.port : 0);
    });
  });
  return {
    url: `http://127.0.0.1:${port}/hook`,
    received,
    types: () => received.map(({ body }) => String(JSON.parse(body).type)),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** The types of an account's events, oldest first, without the first `skip`. */
export async function eventTypes(stripe: Stripe, skip = 0): Promise<string[]> {
  const { data } = await stripe.events.list({ limit: 100 });
  return data
    .map((event) => event.type)
    .reverse()
    .slice(skip);
}
