import {
  InsufficientCreditsError,
  InvalidRequestError,
  PricingError,
  SpendLimitError,
  WalletFrozenError,
} from "@chargly/sdk";
import { beforeAll, describe, expect, it } from "vitest";
import { until } from "../support/until.js";
import { balance, customerOf, refusedBy } from "./customers.js";
import { rates, type Shop } from "./shop.js";

/** What the SDK promises of metering and asking before it. */
export function metersAsPromised(shopOf: () => Shop): void {
  const on = () => shopOf().chargly;
  const customer = (credits?: number) => customerOf(shopOf(), credits);
  beforeAll(async () => {
    await on().rateCards.publish(rates);
  });

  describe("metering", () => {
    it("charges an event by the rate card, and says what is left", async () => {
      const customerId = await customer(10);
      const properties = { model: "gpt-x", inputTokens: 1_200, outputTokens: 350 };
      const metered = await on().meterEvent({ customerId, event: "chat.reply", properties });
      expect(metered).toEqual({
        success: true,
        eventId: expect.stringMatching(/^use_/),
        deductedCredits: 0.39,
        remainingBalance: 9.61,
      });
      expect(await on().getWallet(customerId)).toMatchObject({ customerId, ...balance(9.61) });
    });

    it("charges its own price, or a quantity", async () => {
      const customerId = await customer(20);
      const own = { customerId, event: "custom", credits: "0.000001" };
      expect(await on().meterEvent(own)).toMatchObject({ remainingBalance: 19.999999 });
      const images = { customerId, event: "image.generate", quantity: 3 };
      expect(await on().meterEvent(images)).toMatchObject({ deductedCredits: 12 });
    });

    it("charges an id once, and answers a repetition alike", async () => {
      const event = {
        id: "metered-1",
        customerId: await customer(10),
        event: "image.generate",
        quantity: 1,
      };
      const first = await on().meterEvent(event);
      expect(await on().meterEvent(event)).toEqual(first);
      const other = { ...event, quantity: 2 };
      const refused = await refusedBy(Error as never, on().meterEvent(other));
      expect(refused).toMatchObject({ code: "usage_id_conflict" });
      expect((await on().getWallet(event.customerId)).available).toBe(6);
    });

    it("refuses what the wallet cannot pay, with what is missing and where to buy it", async () => {
      const event = {
        id: "metered-2",
        customerId: await customer(3),
        event: "image.generate",
        quantity: 1,
      };
      const refused = await refusedBy(InsufficientCreditsError, on().meterEvent(event));
      expect(refused).toMatchObject({
        code: "insufficient_credits",
        status: 402,
        shortBy: 1,
        available: 3,
        required: 4,
        checkoutUrl: expect.stringMatching(/^https?:/),
        requestId: expect.stringMatching(/^[\w.-]{8,}$/),
      });
      expect(refused.message).toContain(refused.requestId);
      await on().wallets.grant(event.customerId, { credits: 1, reason: "topped up" });
      expect(await on().meterEvent(event)).toMatchObject({ remainingBalance: 0 });
    });

    it("takes what is there, or lets the wallet owe, where the rate card says so", async () => {
      const customerId = await customer(0.25);
      const read = await on().usage.meter({ customerId, event: "page.read" });
      expect(read).toMatchObject({ credits: 0.25, shortfall: 0.25, balance: balance(0) });
      const report = { customerId, event: "report.write" };
      expect(await on().usage.meter(report)).toMatchObject({
        credits: 5,
        balance: balance(0, 0, 5),
      });
      await on().usage.meter(report);
      const limit = await refusedBy(InsufficientCreditsError, on().usage.meter(report));
      expect(limit).toMatchObject({ code: "debt_limit", shortBy: 5 });
      const images = { customerId, event: "image.generate", quantity: 1 };
      const owes = await refusedBy(InsufficientCreditsError, on().usage.meter(images));
      expect(owes).toMatchObject({ code: "wallet_in_debt", shortBy: 14 });
    });

    it("refuses events without a price, and requests that are wrong, by the name of the field", async () => {
      const customerId = await customer(1);
      const unknown = on().meterEvent({ customerId, event: "nobody.knows" });
      expect(await refusedBy(PricingError, unknown)).toMatchObject({ code: "unknown_event" });
      const lacking = on().meterEvent({ customerId, event: "image.generate" });
      expect(await refusedBy(PricingError, lacking)).toMatchObject({
        code: "unpriceable_event",
        param: "quantity",
      });
      const inexact = on().meterEvent({ customerId, event: "custom", credits: 0.1 + 0.2 });
      expect(await refusedBy(InvalidRequestError, inexact)).toMatchObject({ status: 400 });
      const negative = on().meterEvent({ customerId, event: "custom", credits: -1 });
      expect(await refusedBy(InvalidRequestError, negative)).toMatchObject({ param: "credits" });
    });

    it("hands over many events at once, which are charged in order", async () => {
      const customerId = await customer(9);
      const events = [1, 1, 1].map((quantity) => ({
        customerId,
        event: "image.generate",
        quantity,
      }));
      expect(await on().usage.send(events)).toMatchObject({ accepted: 3, rejected: [] });
      await until(async () => (await on().getWallet(customerId)).available === 1, {
        because: "two of three images",
      });
      const known = await until(
        async () => {
          const found = await on().usage.list({ customerId, limit: 2 }).toArray();
          return found.every(({ status }) => status !== "accepted") && found;
        },
        { because: "the end of the third" },
      );
      expect(known.map(({ status }) => status)).toEqual(["rejected", "applied", "applied"]);
      expect(known[0]?.rejection).toMatchObject({ code: "insufficient_credits", available: 1 });
      const again = on().meterEvent({
        ...events[0],
        id: known[0]?.id,
        customerId,
        event: "image.generate",
      });
      expect(await refusedBy(InsufficientCreditsError, again)).toMatchObject({ status: 402 });
      const { total } = await on().usage.summary({ customerId });
      expect(total).toEqual({ events: 3, credits: 8 });
    });
  });

  describe("looking back", () => {
    it("reads an event by the id that it was sent under, and by Chargly's", async () => {
      const customerId = await customer(10);
      const id = `read-${customerId}`;
      const { eventId } = await on().meterEvent({ id, customerId, event: "custom", credits: 3 });
      const record = await on().usage.get(id);
      expect(record).toMatchObject({ id, eventId, status: "applied", credits: 3 });
      expect(await on().usage.get(eventId)).toEqual(record);
    });

    it("lists the versions of the rate card, and reads each", async () => {
      const now = await on().rateCards.current();
      const [newest] = await on().rateCards.list().toArray();
      expect(newest).toMatchObject({ version: now.version, eventCount: 4 });
      expect(await on().rateCards.get(now.version)).toEqual(now);
      // The same terms are the same version.
      expect(await on().rateCards.publish(rates)).toEqual(now);
    });
  });

  describe("asking before", () => {
    it("quotes a price, the most that is affordable, and keeps the price when asked", async () => {
      const customerId = await customer(10);
      const question = { customerId, event: "image.generate", quantity: 3 };
      expect(await on().quote(question)).toMatchObject({
        credits: 12,
        affordable: false,
        because: "insufficient_credits",
        shortBy: 2,
        maxAffordable: { of: "quantity", units: 2 },
      });
      const kept = await on().quote({ ...question, quantity: 2, freezeSeconds: 60 });
      const { quoteId } = kept;
      expect(quoteId).toMatch(/^quo_/);
      const paid = { customerId, event: "image.generate", quoteId };
      expect(await on().meterEvent({ ...paid, quantity: 2 })).toMatchObject({
        remainingBalance: 2,
      });
      const again = on().meterEvent({ ...paid, quantity: 2 });
      expect(await refusedBy(Error as never, again)).toMatchObject({ code: "quote_redeemed" });
    });

    it("checks what could be paid now", async () => {
      const customerId = await customer(10);
      const ask = (credits: number) => on().check({ customerId, credits });
      expect(await ask(10)).toEqual({
        allowed: true,
        because: null,
        credits: 10,
        available: 10,
        shortBy: 0,
      });
      expect(await ask(10.5)).toMatchObject({
        allowed: false,
        because: "insufficient_credits",
        shortBy: 0.5,
      });
      const images = { customerId, event: "image.generate" };
      expect(await on().check({ ...images, quantity: 2 })).toMatchObject({
        allowed: true,
        credits: 8,
      });
      await on().wallets.setSpendLimits(customerId, { perDay: 5 });
      expect(await ask(6)).toMatchObject({ allowed: false, because: "wallet_spend_limit" });
      const over = on().meterEvent({ ...images, quantity: 2 });
      expect(await refusedBy(SpendLimitError, over)).toMatchObject({
        limit: 5,
        spent: 0,
        required: 8,
      });
      await on().wallets.freeze(customerId, { reason: "looked odd" });
      expect(await ask(1)).toMatchObject({ allowed: false, because: "wallet_frozen" });
      await refusedBy(WalletFrozenError, on().meterEvent({ ...images, quantity: 1 }));
      await on().wallets.unfreeze(customerId);
      expect(await ask(1)).toMatchObject({ allowed: true });
    });
  });
}
