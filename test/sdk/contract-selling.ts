import {
  AuthenticationError,
  InsufficientCreditsError,
  InvalidRequestError,
  NotFoundError,
} from "@chargly/sdk";
import { describe, expect, it } from "vitest";
import { balance, customerOf, refusedBy } from "./customers.js";
import { packForSale, type Shop } from "./shop.js";

/** What the SDK promises of selling credits, of giving them by hand, and of refusals. */
export function sellsAsPromised(shopOf: () => Shop): void {
  const on = () => shopOf().chargly;
  const customer = (credits?: number) => customerOf(shopOf(), credits);

  describe("selling", () => {
    it("sells a pack: checkout, payment, credits, statement", async () => {
      const customerId = await customer(47);
      const packs = await on().listCreditPacks();
      expect(packs).toMatchObject([{ code: packForSale, credits: 500, price: { amount: 999 } }]);
      const order = { customerId, creditPackCode: packForSale };
      const { checkoutId, checkoutUrl, credits } = await on().createCheckout(order);
      expect([credits, checkoutId]).toEqual([500, expect.stringMatching(/^pur_/)]);
      expect(await on().createCheckout(order)).toMatchObject({ checkoutId, checkoutUrl });
      expect(await on().checkouts.get(checkoutId)).toMatchObject({ status: "pending" });
      const paid = on().checkouts.wait(checkoutId, { forSeconds: 30 });
      await shopOf().pay(checkoutUrl);
      expect(await paid).toMatchObject({ status: "paid", credits: 500, price: { amount: 999 } });
      expect(await on().getWallet(customerId)).toMatchObject(balance(547));
      const lines = await on().transactions.list(customerId).toArray();
      expect(lines.map((line) => [line.seq, line.kind, line.credits])).toEqual([
        [2, "purchase", 500],
        [1, "promotion", 47],
      ]);
      const { sentence } = await on().transactions.explain(lines[0]?.id ?? "");
      expect(sentence).toContain("500");
    });

    it("tells of purchases what was paid and what became of the credits", async () => {
      const customerId = await customer(47);
      const order = { customerId, creditPackCode: packForSale };
      const { checkoutId, checkoutUrl } = await on().createCheckout(order);
      const list = (status?: "paid" | "pending") =>
        on().purchases.list({ customerId, status }).toArray();
      expect(await list()).toMatchObject([{ id: checkoutId, grantedCredits: 0 }]);
      await shopOf().pay(checkoutUrl);
      await on().checkouts.wait(checkoutId, { forSeconds: 30 });
      // What was given goes first.
      await on().meterEvent({ customerId, event: "custom", credits: 100 });
      const { id } = await on().holds.create({ customerId, credits: 30 });
      await on().holds.capture(id, { credits: 10 });
      const credits = { grantedCredits: 500, usedCredits: 63, remainingCredits: 437 };
      const paid = { id: checkoutId, status: "paid", price: { amount: 999 }, ...credits };
      expect(await list("paid")).toMatchObject([paid]);
      expect(await list("pending")).toEqual([]);
      expect(await on().purchases.get(checkoutId)).toMatchObject({
        ...paid,
        heldCredits: 20,
        creditPack: { code: packForSale, version: 1 },
        returns: [],
      });
    });

    it("writes a statement between two balances, and links to the wallet's page", async () => {
      const customerId = await customer(5);
      await on().meterEvent({ customerId, event: "custom", credits: 2 });
      const whole = await on().wallets.statement(customerId);
      expect(whole).toMatchObject({
        customerId,
        from: null,
        openingBalance: balance(0),
        closingBalance: balance(3),
        count: 2,
      });
      expect(whole.transactions.map(({ credits }) => credits)).toEqual([5, -2]);
      const [first] = whole.transactions;
      const to = first?.at ?? "";
      const before = await on().wallets.statement(customerId, { to });
      expect(before).toMatchObject({ count: 0, closingBalance: balance(0) });
      const link = await on().wallets.link(customerId, { expiresInSeconds: 60 });
      expect(link).toEqual({
        url: expect.stringMatching(/^https?:/),
        expiresAt: expect.stringMatching(/Z$/),
      });
    });

    it("publishes packs, and sells only those on sale", async () => {
      const code = "retired-10";
      const price = { amount: 100, currency: "usd" };
      const terms = { name: "10 credits", credits: 10, price, onSale: false };
      expect(await on().creditPacks.publish(code, terms)).toMatchObject({ code, version: 1 });
      expect(await on().creditPacks.get(code)).toMatchObject({ onSale: false });
      const order = on().createCheckout({ customerId: await customer(), creditPackCode: code });
      expect(await refusedBy(Error as never, order)).toMatchObject({ code: "pack_not_available" });
      expect((await on().listCreditPacks()).map((pack) => pack.code)).toEqual([packForSale]);
    });
  });

  describe("refusing", () => {
    it("names what is not there, and who may not ask", async () => {
      const missing = on().creditPacks.get("no-such-pack");
      expect(await refusedBy(NotFoundError, missing)).toMatchObject({
        code: "not_found",
        status: 404,
      });
      const stranger = shopOf().clientWith("chg_test_nobody_knows_this_key");
      const refused = await refusedBy(AuthenticationError, stranger.getWallet("user_1"));
      expect(refused).toMatchObject({ code: "unauthenticated", status: 401 });
      expect(JSON.stringify(refused) + refused.message).not.toContain("nobody_knows");
    });

    it("takes and gives credits by hand, never more than there are", async () => {
      const customerId = await customer(5);
      const taken = on().wallets.correct(customerId, { credits: -6, reason: "mistake" });
      expect(await refusedBy(InsufficientCreditsError, taken)).toMatchObject({ shortBy: 1 });
      const given = { credits: 2.5, reason: "sorry" };
      const key = { idempotencyKey: `sorry-${customerId}` };
      const first = await on().wallets.grant(customerId, given, key);
      expect(await on().wallets.grant(customerId, given, key)).toEqual(first);
      expect(first.balance).toEqual(balance(7.5));
      const reused = on().wallets.grant(customerId, { ...given, credits: 3 }, key);
      expect(await refusedBy(InvalidRequestError, reused)).toMatchObject({
        code: "idempotency_key_reused",
      });
    });

    it("walks a list to its end, page by page", async () => {
      const customerId = await customer();
      for (let credits = 1; credits <= 5; credits++)
        await on().wallets.grant(customerId, { credits, reason: "more" });
      const seen: number[] = [];
      for await (const line of on().transactions.list(customerId, { limit: 2 }))
        seen.push(line.credits);
      expect(seen).toEqual([5, 4, 3, 2, 1]);
      const page = await on().transactions.list(customerId, { limit: 2 }).page();
      expect([page.data.length, page.hasMore]).toEqual([2, true]);
      const rest = on().transactions.list(customerId, { cursor: page.nextCursor ?? "" });
      expect((await rest.page()).data).toHaveLength(3);
      expect(await rest.toArray({ max: 1 })).toHaveLength(1);
    });
  });
}
