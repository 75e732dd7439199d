import { describe, expect, it } from "vitest";
import { balance, type Json, usageApi, wait } from "./usage-api.js";

const { customer, give, send, read, wallet, lines, applied, stack } = usageApi();

/** Sends one event and answers how it ended; whether it was waited for makes no difference. */
const ways: readonly (readonly [string, (event: Json) => Promise<Json>])[] = [
  [
    "not waited for",
    async (event) => {
      expect((await send(event)).status).toBe(202);
      await applied();
      return read(String(event["id"]));
    },
  ],
  [
    "waited for in a list",
    async (event) => {
      expect((await send([event], wait)).status).toBe(200);
      return read(String(event["id"]));
    },
  ],
];

let ids = 0;
const newId = () => `policy-${++ids}`;

describe.each(ways)("usage that its wallet cannot cover, %s,", (_way, end) => {
  const use = (customerId: string, event: string, quantity: number) =>
    end({ id: newId(), customerId, event, quantity });

  it("is rejected in full by `reject`, with the balance that it met", async () => {
    const customerId = await customer(4);
    expect(await use(customerId, "image.generate", 2)).toMatchObject({
      status: "rejected",
      credits: 0,
      price: 5,
      shortfall: 0,
      transactions: [],
      balance: null,
      rejection: { code: "insufficient_credits", available: 4 },
    });
    expect(await wallet(customerId)).toMatchObject(balance(4));
  });

  it("takes what is there by `upToAvailable`, and remembers the rest", async () => {
    const customerId = await customer(4);
    expect(await use(customerId, "video.render", 7)).toMatchObject({
      status: "applied",
      credits: 4,
      price: 7,
      shortfall: 3,
      rejection: null,
      balance: balance(0),
    });
    expect(await use(customerId, "video.render", 2)).toMatchObject({
      status: "applied",
      credits: 0,
      shortfall: 2,
      transactions: [],
    });
    await give(customerId, 10);
    expect(await wallet(customerId)).toMatchObject(balance(10));
    expect(await lines(customerId)).toEqual([
      ["promotion", 4],
      ["spend", -4],
      ["promotion", 10],
    ]);
  });

  it("owes up to the limit by `debt`; the next credits pay first, and more is rejected", async () => {
    const customerId = await customer(3);
    expect(await use(customerId, "agent.run", 7)).toMatchObject({
      status: "applied",
      credits: 7,
      shortfall: 0,
      balance: balance(0, 0, 4),
    });
    expect(await use(customerId, "agent.run", 2)).toMatchObject({
      status: "rejected",
      rejection: { code: "debt_limit", available: 0 },
    });
    expect(await use(customerId, "agent.run", 1)).toMatchObject({ balance: balance(0, 0, 5) });
    expect(await use(customerId, "chat.reply", 1)).toMatchObject({
      status: "rejected",
      rejection: { code: "wallet_in_debt" },
    });
    await give(customerId, 6);
    expect(await wallet(customerId)).toMatchObject(balance(1));
    expect(await use(customerId, "chat.reply", 1)).toMatchObject({ balance: balance(0) });
    expect(await lines(customerId)).toEqual([
      ["promotion", 3],
      ["spend", -3],
      ["overdraft", -4],
      ["overdraft", -1],
      ["promotion", 6],
      ["debt_repayment", expect.any(Number)],
      ["spend", -1],
    ]);
  });

  it("follows the policy of the whole card where its event has none", async () => {
    const customerId = await customer(2);
    const before = (await stack().call("GET", "/v1/rate-card")).json;
    const events = { "chat.reply": { price: { type: "flat", credits: "5" } } };
    const lenient = { events, shortfall: { policy: "upToAvailable" } };
    expect((await stack().call("PUT", "/v1/rate-card", lenient)).status).toBe(201);
    expect(await use(customerId, "chat.reply", 1)).toMatchObject({ credits: 2, shortfall: 3 });
    const back = { events: before["events"], shortfall: before["shortfall"] };
    expect((await stack().call("PUT", "/v1/rate-card", back)).status).toBe(201);
  });

  it("follows the policy of its event also when it brings its own price", async () => {
    const customerId = await customer(2);
    const own = { id: newId(), customerId, event: "video.render", credits: 2.5 };
    expect(await end(own)).toMatchObject({ ownPrice: true, credits: 2, shortfall: 0.5 });
  });
});

describe("a single event that is waited for", () => {
  it("says what it took and what is short", async () => {
    const customerId = await customer(4);
    const event = { id: newId(), customerId, event: "video.render", quantity: 7 };
    const { status, json } = await send(event, wait);
    expect([status, json]).toEqual([
      200,
      expect.objectContaining({ credits: 4, shortfall: 3, balance: balance(0) }),
    ]);
    expect((await send(event, wait)).json).toEqual(json);
  });

  it("is refused in debt with what is owed and where to top up, is not kept, and may come again", async () => {
    const customerId = await customer(0);
    const debt = { id: newId(), customerId, event: "agent.run", quantity: 4 };
    expect((await send(debt, wait)).json).toMatchObject({ balance: balance(0, 0, 4) });
    const event = { id: newId(), customerId, event: "chat.reply" };
    const { status, json } = await send(event, wait);
    expect([status, json]).toEqual([
      402,
      expect.objectContaining({
        code: "wallet_in_debt",
        available: 0,
        debt: 4,
        required: 1,
        shortBy: 5,
        topUp: { url: expect.stringContaining("/wallet/"), expiresAt: expect.any(String) },
      }),
    ]);
    expect((await stack().call("GET", `/v1/usage/${event.id}`)).status).toBe(404);
    await give(customerId, 5);
    expect(await send(event, wait)).toMatchObject({ status: 200, json: { balance: balance(0) } });
  });
});
