import Stripe from "stripe";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { queueBackends } from "../support/queue-backends.js";
import { type TestStack } from "../support/stack.js";
import {
  eventsOf,
  expectCleanBooks,
  expectOneGrant,
  openCheckout,
  sendInOrder,
  startHeldStack,
} from "../journeys/payment-scene.js";

const day = 86_400;

interface Lot {
  readonly granted: bigint;
  readonly remaining: bigint;
  readonly cost_minor: bigint;
  readonly currency: string;
  readonly days: number | null;
}

const packs = [
  ["jpy", { credits: 500, price: { amount: 1_200, currency: "jpy" } }, "¥1,200"],
  ["kwd", { credits: 500, price: { amount: 3_500, currency: "kwd" } }, "KWD 3.500"],
  ["eur", { credits: 0.000001, price: { amount: 50, currency: "eur" } }, "€0.50"],
  [
    "bonus",
    {
      credits: 1_000,
      bonusCredits: 250,
      price: { amount: 1_999, currency: "usd" },
      validityDays: 90,
    },
    "$19.99",
  ],
] as const;

describe.each(queueBackends)("what a pack costs and gives, queue on %s", (queue) => {
  let stack: TestStack;
  beforeAll(async () => {
    stack = await startHeldStack(queue);
  });
  afterAll(() => stack.stop());
  afterEach(() => expectCleanBooks(stack));

  it.each(packs)(
    "charges a pack in %s exactly and fills one lot with it",
    async (code, terms, price) => {
      const name = `Pack ${code}`;
      const published = await stack.call("PUT", `/v1/credit-packs/${code}`, { name, ...terms });
      expect(published.status).toBe(201);
      const checkout = await openCheckout(stack, { creditPackCode: code });
      const { host, port } = stack.simulator;
      const stripe = new Stripe(stack.stripeKey, { host, port, protocol: "http" });
      const session = await stripe.checkout.sessions.retrieve(checkout.sessionId);
      const { amount, currency } = terms.price;
      expect(session).toMatchObject({
        amount_total: amount,
        currency,
        client_reference_id: checkout.id,
      });
      await stack.simulator.control.pay(checkout.sessionId);
      await sendInOrder(stack, await eventsOf(stack, checkout));
      const { bonusCredits, validityDays } = { bonusCredits: 0, validityDays: null, ...terms };
      const credits = terms.credits + bonusCredits;
      await expectOneGrant(stack, checkout, credits);
      const lines = await stack.call("GET", `/v1/wallets/${checkout.customerId}/transactions`);
      expect(lines.json["data"]).toMatchObject([
        { description: `Bought ${name} for ${price.replace(" ", "\u00a0")}` },
      ]);
      const lot = await lotOf(checkout.customerId);
      expect(lot).toMatchObject({ cost_minor: BigInt(amount), currency });
      expect(lot.granted).toBe(BigInt(Math.round(credits * 1_000_000)));
      expect(lot.remaining).toBe(lot.granted);
      if (validityDays === null) expect(lot.days).toBeNull();
      else expect(Math.abs(Number(lot.days) - validityDays)).toBeLessThan(0.01);
    },
  );

  const lotOf = async (customerId: string): Promise<Lot> => {
    const { rows } = await stack.database.db.raw<{ rows: Lot[] }>(
      `select l.*, (extract(epoch from l.expires_at - l.created_at) / ${day})::float8 as days
       from lots l join wallets w on w.id = l.wallet_id where w.customer_id = ?`,
      [customerId],
    );
    const [lot, ...more] = rows;
    if (lot === undefined || more.length > 0) throw new Error(`${rows.length} lots, not one`);
    return lot;
  };
});
