import {
  CaptureFailedError,
  ConflictError,
  type Fetch,
  HoldError,
  type HoldReceipt,
  InsufficientCreditsError,
  meteredOpenAI,
  NoAnswerError,
} from "@chargly/sdk";
import { describe, expect, it } from "vitest";
import { until } from "../support/until.js";
import { balance, customerOf, refusedBy } from "./customers.js";
import type { Shop } from "./shop.js";

/** What the SDK promises of holds. */
export function holdsAsPromised(shopOf: () => Shop): void {
  const on = () => shopOf().chargly;
  const customer = (credits?: number) => customerOf(shopOf(), credits);

  describe("holds", () => {
    it("are placed, captured in parts, extended and released", async () => {
      const customerId = await customer(20);
      const held = await on().holds.create({ customerId, credits: 12, expiresInSeconds: 60 });
      expect(held).toMatchObject({ state: "open", credits: 12, left: 12, balance: balance(8, 12) });
      const captured = await on().holds.capture(held.id, { credits: 2.5 });
      expect(captured).toMatchObject({
        credits: 2.5,
        hold: { left: 9.5 },
        balance: balance(8, 9.5),
      });
      const longer = await on().holds.extend(held.id, { expiresInSeconds: 600 });
      expect(longer.expiresAt > held.expiresAt).toBe(true);
      const shorter = on().holds.extend(held.id, { expiresInSeconds: 5 });
      expect(await refusedBy(ConflictError, shorter)).toMatchObject({ code: "conflict" });
      const over = on().holds.capture(held.id, { credits: 10 });
      expect(await refusedBy(HoldError, over)).toMatchObject({
        code: "hold_exceeded",
        shortBy: 0.5,
      });
      const released = await on().holds.release(held.id);
      expect(released).toMatchObject({ state: "released", released: 9.5, balance: balance(17.5) });
      const late = on().holds.capture(held.id, { credits: 1 });
      expect(await refusedBy(HoldError, late)).toMatchObject({
        code: "hold_not_open",
        state: "released",
      });
      expect(await on().holds.list(customerId, { state: "open" }).toArray()).toEqual([]);
      expect(await on().holds.get(held.id)).toMatchObject({ captured: 2.5, left: 0 });
    });

    it("are refused to whoever cannot pay, and end by themselves", async () => {
      const customerId = await customer(5);
      const tooMuch = on().holds.create({ customerId, credits: 6 });
      expect(await refusedBy(InsufficientCreditsError, tooMuch)).toMatchObject({
        shortBy: 1,
        checkoutUrl: expect.stringMatching(/^https?:/),
      });
      const { id } = await on().holds.create({ customerId, credits: 5 });
      await shopOf().runOut(customerId);
      const late = on().holds.capture(id, { credits: 1 });
      expect(await refusedBy(HoldError, late)).toMatchObject({ state: "expired" });
      const back = async () => (await on().getWallet(customerId)).available === 5;
      await until(back, { because: "the expired hold to go back" });
      expect(await on().holds.get(id)).toMatchObject({ state: "expired", released: 5 });
    });

    it("take more than was held only where that is wanted, and pay for events", async () => {
      const customerId = await customer(10);
      const order = { customerId, credits: 4, overCapture: "upToAvailable" } as const;
      const { id } = await on().holds.create(order);
      const event = { customerId, event: "image.generate", quantity: 2, holdId: id };
      expect(await on().meterEvent(event)).toMatchObject({
        deductedCredits: 8,
        remainingBalance: 2,
      });
      const second = await on().holds.create({ ...order, credits: 1 });
      const captured = await on().holds.capture(second.id, { credits: 5, close: true });
      expect(captured).toMatchObject({ credits: 2, shortfall: 3, balance: balance(0) });
    });
  });

  /** What is asked by POST is done, and the answer is lost: each first one, or those of a path. */
  const losing = (isLost: (path: string, times: number) => boolean): Fetch => {
    const times = new Map<string, number>();
    return async (url, init) => {
      const response = await shopOf().fetch(url, init);
      const { pathname } = new URL(url);
      const count = (times.get(pathname) ?? 0) + 1;
      times.set(pathname, count);
      if (init.method !== "POST" || !isLost(pathname, count)) return response;
      await response.arrayBuffer();
      throw new TypeError("fetch failed");
    };
  };

  describe("answers that are lost", () => {
    it("are asked for again, and nothing happens twice", async () => {
      const customerId = await customer(10);
      const chargly = shopOf().client({ fetch: losing((_path, times) => times === 1) });
      expect(await chargly.withHold(customerId, { max: 5 }, ({ use }) => use(3))).toBeUndefined();
      await chargly.meterEvent({ customerId, event: "custom", credits: 1 });
      await chargly.wallets.grant(customerId, { credits: 2, reason: "sorry" });
      expect(await on().getWallet(customerId)).toMatchObject(balance(8));
    });

    it("leave a hold that ends by itself, and do not let the work begin", async () => {
      const customerId = await customer(10);
      const chargly = shopOf().client({ maxRetries: 0, fetch: losing(() => true) });
      let ran = false;
      const held = chargly.withHold(customerId, { max: 5 }, () => (ran = true));
      await refusedBy(NoAnswerError, held);
      expect(ran).toBe(false);
      expect(await on().getWallet(customerId)).toMatchObject(balance(5, 5));
      await shopOf().runOut(customerId);
      const back = async () => (await on().getWallet(customerId)).available === 10;
      await until(back, { because: "the hold that nobody knows of to go back" });
    });

    it("of captures are told with the work's result, and capturing again charges once", async () => {
      const customerId = await customer(10);
      const fetch = losing((path) => path.endsWith("/captures"));
      const chargly = shopOf().client({ maxRetries: 0, fetch });
      const work = chargly.withHold(customerId, { max: 5 }, ({ use }) => {
        use(3);
        return "done";
      });
      const { result, holdId, credits, idempotencyKey } = await refusedBy(CaptureFailedError, work);
      expect(result).toBe("done");
      for (const _ of [1, 2])
        await on().holds.capture(holdId, { credits, close: true }, { idempotencyKey });
      expect(await on().getWallet(customerId)).toMatchObject(balance(7));
    });
  });

  describe("a model's stream", () => {
    const hello = async (_body: { readonly model: string; readonly stream: true }) =>
      (async function* () {
        for (const content of ["Hello", ", ", "world"]) yield { choices: [{ delta: { content } }] };
        throw new Error("the model is down");
      })();

    it("that is left is charged for what had come, one that fails is not, and neither keeps credits", async () => {
      const customerId = await customer(10);
      const pays = { chargly: on(), customerId, event: "chat.reply", max: 5 };
      const { chat } = meteredOpenAI({ chat: { completions: { create: hello } } }, pays);
      const body = { model: "gpt-x", stream: true } as const;
      for await (const chunk of await chat.completions.create(body)) {
        expect(chunk.choices[0]?.delta.content).toBe("Hello");
        expect(await on().getWallet(customerId)).toMatchObject(balance(5, 5));
        break;
      }
      const [record] = await on().usage.list({ customerId }).toArray();
      expect(record).toMatchObject({ status: "applied", properties: { outputTokens: 2 } });
      const left = balance(10 - (record?.credits ?? 10));
      expect(await on().getWallet(customerId)).toMatchObject(left);
      const read = async () => {
        for await (const chunk of await chat.completions.create(body)) expect(chunk).toBeDefined();
      };
      await expect(read()).rejects.toThrow("the model is down");
      expect(await on().getWallet(customerId)).toMatchObject(left);
    });
  });

  describe("withHold", () => {
    it("captures what the work has cost, gives the rest back, and answers what the work did", async () => {
      const customerId = await customer(20);
      const receipts: HoldReceipt[] = [];
      const options = {
        max: 12,
        description: "a summary",
        onEnd: (end: HoldReceipt) => receipts.push(end),
      };
      const answer = await on().withHold(customerId, options, async (run) => {
        expect(await on().getWallet(customerId)).toMatchObject(balance(8, 12));
        run.use(0.1);
        run.use(0.2);
        await run.meter({ event: "image.generate", quantity: 1 });
        return "done";
      });
      expect(answer).toBe("done");
      expect(receipts).toMatchObject([
        { outcome: "captured", credits: 4.3, balance: balance(15.7) },
      ]);
      expect(await on().getWallet(customerId)).toMatchObject(balance(15.7));
      const lines = await on().transactions.list(customerId, { limit: 100 }).toArray();
      expect(lines.some(({ description }) => description.includes("a summary"))).toBe(true);
    });

    it("never charges more than the hold, and nothing that was not said", async () => {
      const customerId = await customer(20);
      await on().withHold(customerId, { max: 5 }, (run) => run.use(7));
      expect(await on().getWallet(customerId)).toMatchObject(balance(15));
      await on().withHold(customerId, { max: 5 }, () => "nothing");
      expect(await on().getWallet(customerId)).toMatchObject(balance(15));
      const beyond = { max: 5, overCapture: "upToAvailable" } as const;
      await on().withHold(customerId, beyond, (run) => run.use("7"));
      expect(await on().getWallet(customerId)).toMatchObject(balance(8));
    });

    it("gives everything back when the work fails, and does not do it for who cannot pay", async () => {
      const customerId = await customer(20);
      const failing = on().withHold(customerId, { max: 12 }, async (run) => {
        run.use(3);
        throw new Error("the model is down");
      });
      await expect(failing).rejects.toThrow("the model is down");
      expect(await on().getWallet(customerId)).toMatchObject(balance(20));
      let ran = false;
      const poor = on().withHold(customerId, { max: 21 }, () => (ran = true));
      expect(await refusedBy(InsufficientCreditsError, poor)).toMatchObject({ shortBy: 1 });
      expect(ran).toBe(false);
    });

    it("captures what was used when the caller has enough of it", async () => {
      const customerId = await customer(20);
      const controller = new AbortController();
      const { signal } = controller;
      const left = on().withHold(customerId, { max: 12, signal }, async (run) => {
        run.use(3);
        controller.abort(new Error("the user left"));
        run.signal?.throwIfAborted();
      });
      await expect(left).rejects.toThrow("the user left");
      expect(await on().getWallet(customerId)).toMatchObject(balance(17));
    });

    it("runs exactly as often as the wallet can pay, however many ask at once", async () => {
      const customerId = await customer(10);
      let running = 0;
      const work = async (run: { use: (credits: number) => void }) => {
        running++;
        run.use(1);
      };
      const calls = Array.from({ length: 200 }, () => on().withHold(customerId, { max: 1 }, work));
      const ends = await Promise.allSettled(calls);
      const refused = ends.flatMap((end) =>
        end.status === "rejected" ? [end.reason as unknown] : [],
      );
      expect([running, refused.length]).toEqual([10, 190]);
      expect(refused.every((error) => error instanceof InsufficientCreditsError)).toBe(true);
      expect(await on().getWallet(customerId)).toMatchObject(balance(0));
    });
  });
}
