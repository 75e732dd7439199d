import { describe, expect, it } from "vitest";
import { decideSpend } from "../../src/ledger/decide-spend.js";
import { wholeCredits } from "../../src/kernel/credits.js";
import { releaseHold } from "../../src/holds/release-hold.js";
import { present } from "../../src/kernel/assert.js";
import { newId, parsePublicId, publicId } from "../../src/kernel/ids.js";
import { inTransaction } from "../../src/platform/db/transaction.js";
import { agentBearer, type BudgetParts } from "../support/agent-token.js";
import { walletBook } from "../support/ledger.js";
import { balance, holdsApi } from "./holds-api.js";

const api = holdsApi();
const { customer, place, held, capture, release, extend, read, wallet, lines } = api;

describe("capturing a hold", () => {
  it("spends from it in parts until nothing is left, and not a millionth more", async () => {
    const customerId = await customer(47);
    const id = await held(customerId, 10, { description: "a long answer" });
    const first = await capture(id, { credits: 2.5 });
    expect(first.status).toBe(201);
    expect(first.json).toMatchObject({
      id: expect.stringMatching(/^cap_[0-9a-z]{26}$/),
      holdId: id,
      credits: 2.5,
      shortfall: 0,
      hold: { id, state: "open", credits: 10, captured: 2.5, released: 0, left: 7.5 },
      balance: balance(37, 7.5),
    });
    const over = await capture(id, { credits: "7.500001" });
    expect([over.status, over.json]).toMatchObject([
      409,
      { code: "hold_exceeded", held: 7.5, required: 7.500001, shortBy: 0.000001 },
    ]);
    const last = await capture(id, { credits: "7.5" });
    expect(last.json).toMatchObject({
      hold: { state: "captured", captured: 10, left: 0, endedAt: expect.any(String) },
      balance: balance(37),
    });
    const late = await capture(id, { credits: 1 });
    expect([late.status, late.json]).toMatchObject([
      409,
      { code: "hold_not_open", state: "captured" },
    ]);
    const told = "Used from what was set aside: a long answer";
    expect((await lines(customerId)).slice(1)).toEqual([
      ["hold", 0, "Set aside: a long answer"],
      ["capture", -2.5, told],
      ["capture", -7.5, told],
    ]);
  });

  it("gives back at once what is left, when it closes the hold", async () => {
    const customerId = await customer(20);
    const id = await held(customerId, 10);
    const { json } = await capture(id, { credits: 4, close: true });
    expect(json).toMatchObject({
      credits: 4,
      hold: { state: "captured", captured: 4, released: 6, left: 0 },
      balance: balance(16),
    });
  });

  it("of more than is left takes the rest from what is available, when the hold says so", async () => {
    const customerId = await customer(20);
    const id = await held(customerId, 10, { overCapture: "upToAvailable" });
    const { json } = await capture(id, { credits: 14 });
    expect(json).toMatchObject({
      credits: 14,
      shortfall: 0,
      hold: { state: "captured", captured: 10, released: 0 },
      balance: balance(6),
    });
    const another = await held(customerId, 4, { overCapture: "upToAvailable" });
    expect((await capture(another, { credits: 9.25 })).json).toMatchObject({
      credits: 6,
      shortfall: 3.25,
      balance: balance(0),
    });
  });

  it("is paid by the hold, whatever has happened to the wallet since", async () => {
    const customerId = await customer(10);
    const id = await held(customerId, 6);
    const correction = { credits: -4, reason: "all the rest" };
    await api.stack().call("POST", `/v1/wallets/${customerId}/corrections`, correction);
    expect(await wallet(customerId)).toMatchObject(balance(0, 6));
    expect((await capture(id, { credits: 6 })).json).toMatchObject({ balance: balance(0) });
  });
});

describe("releasing a hold", () => {
  it("gives back what is left, once", async () => {
    const customerId = await customer(20);
    const id = await held(customerId, 10);
    await capture(id, { credits: 3 });
    const { status, json } = await release(id);
    expect(status).toBe(200);
    expect(json).toMatchObject({ state: "released", captured: 3, released: 7, left: 0 });
    expect(json["balance"]).toEqual(balance(17));
    const again = await release(id);
    expect([again.status, again.json]).toMatchObject([
      409,
      { code: "hold_not_open", state: "released" },
    ]);
    expect((await lines(customerId)).at(-1)).toEqual(["release", 0, "No longer set aside"]);
    expect(await wallet(customerId)).toMatchObject(balance(17));
  });

  it("pays with it first what the wallet owes", async () => {
    const customerId = await customer(10);
    const id = await held(customerId, 8);
    const book = await walletBook(api.db(), api.stack().projectId, customerId);
    await book.post((state) =>
      decideSpend(state, {
        amount: wholeCredits(5),
        shortfall: { policy: "debt", limit: wholeCredits(5) },
        cause: { type: "usage", id: newId("usageEvent") },
        memo: null,
        keyWindows: null,
        now: new Date(),
      }),
    );
    expect(await wallet(customerId)).toMatchObject(balance(0, 8, 3));
    expect((await release(id)).json["balance"]).toEqual(balance(5));
    expect((await lines(customerId)).slice(-2)).toEqual([
      ["release", 0, "No longer set aside"],
      ["debt_repayment", 0, "Paid back what was owed"],
    ]);
  });
});

describe("extending a hold", () => {
  it("lets it last until so many seconds from now, by the database's clock", async () => {
    const customerId = await customer(10);
    const id = await held(customerId, 5, { expiresInSeconds: 60 });
    const before = Date.now();
    const { status, json } = await extend(id, 3_600);
    expect(status).toBe(200);
    const seconds = (Date.parse(String(json["expiresAt"])) - before) / 1_000;
    expect(seconds).toBeGreaterThan(3_595);
    expect(seconds).toBeLessThan(3_605);
    expect(await read(id)).toEqual(json);
    expect(await wallet(customerId)).toMatchObject(balance(5, 5));
  });

  it("is refused when it would not last longer, or longer than a day in all", async () => {
    const id = await held(await customer(10), 5, { expiresInSeconds: 3_600 });
    const { expiresAt, createdAt } = await read(id);
    const shorter = await extend(id, 60);
    expect([shorter.status, shorter.json]).toMatchObject([409, { code: "conflict", expiresAt }]);
    expect((await extend(id, 86_399)).status).toBe(200);
    const longer = await extend(id, 86_400);
    const latestExpiresAt = new Date(Date.parse(String(createdAt)) + 86_400_000).toISOString();
    expect([longer.status, longer.json]).toMatchObject([
      409,
      { code: "conflict", latestExpiresAt },
    ]);
  });
});

describe("a hold whose time is over", () => {
  it("is neither captured nor extended, although no sweep has seen it yet; it can be released", async () => {
    const customerId = await customer(10);
    const id = await held(customerId, 5);
    await api.runOut(customerId);
    for (const refused of [await capture(id, { credits: 1 }), await extend(id, 600)])
      expect([refused.status, refused.json]).toMatchObject([
        409,
        { code: "hold_not_open", state: "expired" },
      ]);
    expect(await wallet(customerId)).toMatchObject(balance(5, 5));
    expect((await release(id)).json).toMatchObject({ state: "released", balance: balance(10) });
  });
});

describe("an agent's token", () => {
  const agent = async (budget: BudgetParts) => {
    const customerId = await customer(100);
    const { projectId, ctx } = api.stack();
    const { id: walletId } = await api.db()("wallets").where({ customer_id: customerId }).first();
    const { headers } = await agentBearer(ctx, { projectId, walletId }, budget);
    const call = (path: string, body: object) => api.stack().call("POST", path, body, headers);
    return { customerId, call };
  };

  it("is refused over HTTP what its budget does not allow, and told what is left of it", async () => {
    const { customerId, call } = await agent({ perCall: wholeCredits(8), total: wholeCredits(10) });
    const [first, second] = [8, 3].map((credits) => ({ customerId, credits }));
    expect((await call("/v1/holds", { customerId, credits: 9 })).json).toMatchObject({
      code: "agent_budget",
      status: 403,
      budget: "perCall",
      remaining: 8,
    });
    expect((await call("/v1/holds", first ?? {})).status).toBe(201);
    expect((await call("/v1/holds", second ?? {})).json).toMatchObject({
      code: "agent_budget",
      budget: "total",
      limit: 10,
      spent: 8,
      remaining: 2,
      required: 3,
    });
  });

  it("uses the holds that it placed, and none that the application placed for the same customer", async () => {
    const { customerId, call } = await agent({ total: wholeCredits(10) });
    const own = await call("/v1/holds", { customerId, credits: 5 });
    const theirs = await held(customerId, 20);
    const refused = await Promise.all([
      call(`/v1/holds/${theirs}/captures`, { credits: 1 }),
      call(`/v1/holds/${theirs}/release`, {}),
      call(`/v1/holds/${theirs}/extend`, { expiresInSeconds: 3_600 }),
    ]);
    expect(refused.map(({ json }) => json["code"])).toEqual([
      "forbidden",
      "forbidden",
      "forbidden",
    ]);
    const done = await call(`/v1/holds/${String(own.json["id"])}/captures`, { credits: 5 });
    expect(done.json).toMatchObject({ credits: 5 });
    expect((await capture(theirs, { credits: 20 })).status).toBe(201);
  });
});

describe("spend limits", () => {
  const limited = async (customerId: string, perDay: number) => {
    const path = `/v1/wallets/${customerId}/spend-limits`;
    expect((await api.stack().call("PUT", path, { perDay })).status).toBeLessThan(300);
  };

  it("count a hold in full when it is placed, and count off what it gives back", async () => {
    const customerId = await customer(500);
    await limited(customerId, 100);
    const id = await held(customerId, 80);
    const refused = await place({ customerId, credits: 20.5 });
    expect([refused.status, refused.json["code"]]).toEqual([429, "wallet_spend_limit"]);
    await held(customerId, 20);
    await capture(id, { credits: 30 });
    expect((await place({ customerId, credits: 0.000001 })).status).toBe(429);
    await release(id);
    expect((await place({ customerId, credits: 50.000001 })).status).toBe(429);
    expect((await place({ customerId, credits: 50 })).status).toBe(201);
  });

  it("of the key that placed a hold are given back to it, whoever releases it", async () => {
    const { db, projectId } = { db: api.db(), projectId: api.stack().projectId };
    const [key] = await db("api_keys").where({ project_id: projectId, kind: "secret" });
    const path = `/v1/api-keys/${publicId("apiKey", key.id)}/spend-limits`;
    const { status } = await api.stack().call("PUT", path, { perDay: 100 });
    expect(status).toBeLessThan(300);
    const customerId = await customer(500);
    const spent = async () =>
      (await db("spend_limits").where({ api_key_id: key.id }).pluck("day_spent"))[0];
    const id = await held(customerId, 80);
    const refused = await place({ customerId, credits: 21 });
    expect([refused.status, refused.json["code"]]).toEqual([429, "key_spend_limit"]);
    expect(await spent()).toBe(80_000_000n);
    await capture(id, { credits: 30 });
    await inTransaction(db, (trx) =>
      releaseHold(trx, projectId, present(parsePublicId("hold", id), "an id of ours")),
    );
    expect(await spent()).toBe(30_000_000n);
    expect((await place({ customerId, credits: 70 })).status).toBe(201);
  });
});
