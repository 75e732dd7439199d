import { createFakeChargly, type FakeChargly } from "@chargly/sdk/testing";
import { type Client } from "@modelcontextprotocol/client";
import { McpServer } from "@modelcontextprotocol/server";
import { beforeEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { errorKey, paidTool, type PaidPrice, type PaidRun, receiptKey } from "../src/index.js";
import { connected } from "./connected.js";

const customerId = "user_123";
const answer = { content: [{ type: "text" as const, text: "done" }] };
type Work = (run: PaidRun) => typeof answer | Promise<typeof answer>;

let fake: FakeChargly;
let uncharged: string[];
beforeEach(async () => {
  uncharged = [];
  fake = await createFakeChargly({
    wallets: { [customerId]: 10 },
    rateCard: { events: { "page.read": { price: { type: "quantity", credits: 2 } } } },
  });
});

/** A client of a server that has one paid tool. */
async function sells(
  price: PaidPrice,
  work: Work,
  more: {
    readonly chargly?: FakeChargly["chargly"];
    readonly onUncharged?: (error: Error) => void;
  } = {},
): Promise<Client> {
  const server = new McpServer({ name: "seller", version: "1" });
  const details = {
    name: "read_page",
    inputSchema: z.object({ url: z.string() }),
    chargly: fake.chargly,
    customerId: () => customerId,
    onUncharged: (error: Error) => void uncharged.push(error.name),
    ...more,
  };
  paidTool(server, { ...details, ...price }, (_input, run) => work(run));
  return connected(server);
}

const call = (client: Client, signal = new AbortController().signal) =>
  client.callTool({ name: "read_page", arguments: { url: "https://example.com" } }, { signal });
const balances = async () => {
  const { available, held } = await fake.chargly.getWallet(customerId);
  return { available, held };
};
const receipt = (outcome: string, credits: number, available: number | null) => ({
  [receiptKey]: expect.objectContaining({ outcome, credits, available, customerId }),
});

describe("a paid tool", () => {
  it.each([
    ["a fixed price", { credits: 3 }, () => answer, 3],
    ["what was used", { max: 5 }, (run: PaidRun) => (run.use(1), run.use(0.5), answer), 1.5],
    ["nothing, where nothing was used", { max: 5 }, () => answer, 0],
    ["never more than its maximum", { max: 5 }, (run: PaidRun) => (run.use(7), answer), 5],
    ["an event", { event: "page.read", units: { quantity: 1 }, max: 8 }, () => answer, 2],
    [
      "an event by what the handler counted",
      { event: "page.read", max: 8 },
      (run: PaidRun) => (run.units({ quantity: 3 }), answer),
      6,
    ],
    [
      "no event beyond its maximum",
      { event: "page.read", max: 8 },
      (run: PaidRun) => (run.units({ quantity: 5 }), answer),
      8,
    ],
  ] as const)("charges %s, with a receipt", async (_what, price, work, credits) => {
    const result = await call(await sells(price, work));
    expect(result.isError).toBeFalsy();
    const outcome = credits === 0 ? "free" : "charged";
    expect(result._meta).toMatchObject(receipt(outcome, credits, 10 - credits));
    expect(await balances()).toEqual({ available: 10 - credits, held: 0 });
    expect(uncharged).toEqual([]);
  });

  it("charges nothing when its handler throws, and says what it threw", async () => {
    const client = await sells({ credits: 3 }, () => {
      throw new Error("the page is gone");
    });
    const result = await call(client);
    expect(result).toMatchObject({ isError: true, content: [{ text: "the page is gone" }] });
    expect(result._meta).toMatchObject(receipt("free", 0, 10));
    expect(await balances()).toEqual({ available: 10, held: 0 });
  });

  it("charges nothing when its handler answers an error", async () => {
    const client = await sells({ credits: 3 }, () => ({ ...answer, isError: true }));
    expect(await call(client)).toMatchObject({ isError: true, content: [{ text: "done" }] });
    expect(await balances()).toEqual({ available: 10, held: 0 });
  });

  it.each([
    ["credits", { max: 5 }, (run: PaidRun) => run.use(2)],
    ["units", { event: "page.read", max: 5 }, (run: PaidRun) => run.units({ quantity: 1 })],
  ] as const)("charges the %s used when the call is taken back", async (_what, price, use) => {
    const taken = new AbortController();
    let end = (): void => undefined;
    const ended = new Promise<void>((done) => (end = done));
    const client = await sells(price, async (run) => {
      use(run);
      const aborted = new Promise<never>((_, reject) => {
        run.signal.addEventListener("abort", () => reject(run.signal.reason));
      });
      taken.abort();
      return aborted.finally(end);
    });
    await expect(call(client, taken.signal)).rejects.toThrow(/abort/i);
    await ended;
    await expect.poll(balances).toEqual({ available: 8, held: 0 });
  });

  it("does not run for who cannot pay, and says where to buy", async () => {
    let runs = 0;
    const result = await call(await sells({ credits: 12 }, () => (runs++, answer)));
    const shown = {
      code: "insufficient_credits",
      outcome: "refused",
      shortBy: 2,
      checkoutUrl: expect.stringMatching(/^http/),
    };
    expect(result).toMatchObject({ isError: true, structuredContent: shown });
    expect(result._meta).toMatchObject({ [errorKey]: shown });
    expect([runs, await balances()]).toEqual([0, { available: 10, held: 0 }]);
  });

  it("does not run when nobody answers", async () => {
    let runs = 0;
    const chargly = fake.client({ maxRetries: 0 });
    const client = await sells({ credits: 3 }, () => (runs++, answer), { chargly });
    fake.goAway();
    expect(await call(client)).toMatchObject({
      isError: true,
      structuredContent: { code: "no_answer", outcome: "unknown" },
    });
    expect(runs).toBe(0);
  });

  it.each([
    ["credits", { credits: 3 }, "CaptureFailedError"],
    ["an event", { event: "page.read", units: { quantity: 1 }, max: 3 }, "NoAnswerError"],
  ] as const)(
    "gives its result when %s cannot be charged, and tells its author",
    async (...row) => {
      const [, price, error] = row;
      const chargly = fake.client({ maxRetries: 0 });
      const client = await sells(price, () => (fake.goAway(), answer), { chargly });
      const result = await call(client);
      expect(result).toMatchObject({ content: answer.content });
      expect(result._meta).toMatchObject({
        [receiptKey]: expect.objectContaining({ outcome: "unknown", credits: 0 }),
      });
      expect(uncharged).toEqual([error]);
      fake.advance(200);
      expect(await balances()).toEqual({ available: 10, held: 0 });
    },
  );

  it.each([
    ["credits", { credits: 3 }],
    ["an event", { event: "page.read", units: { quantity: 1 }, max: 3 }],
  ] as const)("gives its result when telling of uncharged %s fails, too", async (_what, price) => {
    const onUncharged = (): never => {
      throw new Error("the pager is gone");
    };
    const chargly = fake.client({ maxRetries: 0 });
    const client = await sells(price, () => (fake.goAway(), answer), { chargly, onUncharged });
    const result = await call(client);
    expect(result).toMatchObject({ content: answer.content });
    expect(result.isError).toBeFalsy();
    expect(result._meta).toMatchObject({
      [receiptKey]: expect.objectContaining({ outcome: "unknown" }),
    });
  });
});
