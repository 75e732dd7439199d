import { describe, expect, it } from "vitest";
import { wholeCredits } from "../../src/kernel/credits.js";
import { type HoldId, newId, publicId } from "../../src/kernel/ids.js";
import type { Book } from "../../src/ledger/decide.js";
import { decideHold } from "../../src/ledger/decide-hold.js";
import { insertProject, walletBook } from "../support/ledger.js";
import { balance, holdsApi } from "./holds-api.js";

const api = holdsApi();
const { customer, place, held, capture, release, read, wallet, lines } = api;

const secondsBetween = (from: unknown, to: unknown) =>
  (Date.parse(String(to)) - Date.parse(String(from))) / 1_000;

describe("placing a hold", () => {
  it("sets credits aside to the last millionth, and shows them apart from what is available", async () => {
    const customerId = await customer(47);
    const { status, json } = await place({
      customerId,
      credits: "12.345678",
      description: "a long answer",
    });
    expect(status).toBe(201);
    expect(json).toEqual({
      id: expect.stringMatching(/^hold_[0-9a-z]{26}$/),
      customerId,
      state: "open",
      credits: 12.345678,
      captured: 0,
      released: 0,
      left: 12.345678,
      overCapture: "reject",
      rateCardVersion: null,
      description: "a long answer",
      createdAt: expect.stringMatching(/Z$/),
      expiresAt: expect.stringMatching(/Z$/),
      endedAt: null,
      balance: { available: 34.654322, held: 12.345678, debt: 0, total: 47 },
    });
    expect(secondsBetween(json["createdAt"], json["expiresAt"])).toBe(900);
    expect(await read(String(json["id"]))).toEqual(json);
    expect(await wallet(customerId)).toMatchObject(json["balance"] as object);
    expect(await lines(customerId)).toEqual([
      ["promotion", 47, "Given: given by a test"],
      ["hold", 0, "Set aside: a long answer"],
    ]);
  });

  it("is refused with what is missing, and where to buy it, when fewer credits are available, also to strangers, and moves nothing", async () => {
    const poor = await customer(10);
    await held(poor, 4);
    for (const [customerId, available] of [
      [poor, 6],
      ["never_seen_before", 0],
    ] as const) {
      const { status, json } = await place({ customerId, credits: 6.5 });
      expect([status, json["code"]]).toEqual([402, "insufficient_credits"]);
      expect(json).toMatchObject({ available, required: 6.5, shortBy: 6.5 - available });
      const { url, expiresAt } = json["topUp"] as Record<string, string>;
      const page = new URL(new URL(String(url)).pathname, api.stack().url);
      expect((await fetch(page)).status).toBe(200);
      expect(Date.parse(String(expiresAt))).toBeGreaterThan(Date.now());
    }
    expect(await wallet(poor)).toMatchObject(balance(6, 4));
    expect(await lines("never_seen_before")).toEqual([]);
  });

  it("remembers the key that placed it and the rate card in force", async () => {
    const shop = holdsShop();
    const rateCardVersion = await shop.publish(3);
    const id = await held(await customer(10), 1);
    await shop.publish(4);
    expect(await read(id)).toMatchObject({ rateCardVersion });
    const [row] = await api.db()("holds").orderBy("id", "desc").limit(1);
    const [key] = await api.db()("api_keys").where({ project_id: api.stack().projectId });
    expect(row.api_key_id).toBe(key.id);
  });

  it("stops at 100 open holds of a wallet, and goes on when one has ended", async () => {
    const customerId = await customer(200);
    const all = [];
    for (let n = 0; n < 100; n++) all.push(await held(customerId, 1));
    const refused = await place({ customerId, credits: 1 });
    expect([refused.status, refused.json]).toMatchObject([
      409,
      { code: "hold_limit", openHolds: 100 },
    ]);
    expect((await release(all[50] ?? "")).status).toBe(200);
    expect((await place({ customerId, credits: 1 })).status).toBe(201);
  });

  it("refuses a life that is too short or too long, and what is neither credits nor a quote", async () => {
    const customerId = await customer(10);
    const quoteId = publicId("quote", newId("quote"));
    for (const [body, param] of [
      [{ credits: 1, expiresInSeconds: 4 }, "expiresInSeconds"],
      [{ credits: 1, expiresInSeconds: 86_401 }, "expiresInSeconds"],
      [{ credits: 0 }, "credits"],
      [{}, "credits"],
      [{ credits: 1, quoteId }, "credits"],
      [{ credits: 1, overCapture: "debt" }, "overCapture"],
    ] as const) {
      const { status, json } = await place({ customerId, ...body });
      expect([status, json["param"]]).toEqual([400, param]);
    }
    expect(await wallet(customerId)).toMatchObject(balance(10));
  });

  it("is refused while the wallet is frozen; capture and release of what is held are not", async () => {
    const customerId = await customer(10);
    const [first, second] = [await held(customerId, 3), await held(customerId, 4)];
    await api
      .db()("wallets")
      .where({ customer_id: customerId })
      .update({ frozen_at: new Date(), frozen_because: "a test" });
    const refused = await place({ customerId, credits: 1 });
    expect([refused.status, refused.json["code"]]).toEqual([403, "wallet_frozen"]);
    expect((await capture(first, { credits: 2, close: true })).status).toBe(201);
    expect((await release(second)).status).toBe(200);
    expect(await wallet(customerId)).toMatchObject(balance(8));
  });
});

const holdsShop = () => ({
  publish: async (credits: number) => {
    const events = {
      "chat.reply": { price: { type: "flat", credits } },
      "chat.free": { price: { type: "flat", credits: 0 } },
    };
    const { status, json } = await api.stack().call("PUT", "/v1/rate-card", { events });
    expect(status, JSON.stringify(json)).toBeLessThan(300);
    return json["version"];
  },
  quote: async (customerId: string, event = "chat.reply") => {
    const body = { customerId, event, freezeSeconds: 60 };
    const { json } = await api.stack().call("POST", "/v1/quotes", body);
    return String(json["quoteId"]);
  },
});

describe("a hold for a quote", () => {
  it("takes its price and its rate card, also when a new one is in force, and uses it up", async () => {
    const shop = holdsShop();
    const customerId = await customer(100);
    const rateCardVersion = await shop.publish(20);
    const quoteId = await shop.quote(customerId);
    await shop.publish(30);
    const { status, json } = await place({ customerId, quoteId });
    expect(status).toBe(201);
    expect(json).toMatchObject({
      credits: 20,
      rateCardVersion,
      balance: balance(80, 20),
    });
    const again = await place({ customerId, quoteId });
    expect([again.status, again.json["code"]]).toEqual([409, "quote_redeemed"]);
    expect(await wallet(customerId)).toMatchObject(balance(80, 20));
  });

  it("is not lost by a hold that is refused, and serves one of many that come at once", async () => {
    const shop = holdsShop();
    await shop.publish(20);
    const customerId = await customer(0);
    const quoteId = await shop.quote(customerId);
    expect((await place({ customerId, quoteId })).status).toBe(402);
    const grants = `/v1/wallets/${customerId}/grants`;
    await api.stack().call("POST", grants, { credits: 100, reason: "now" });
    const answers = await Promise.all(
      Array.from({ length: 8 }, () => place({ customerId, quoteId })),
    );
    expect(answers.map(({ status }) => status).toSorted()).toEqual([201, ...Array(7).fill(409)]);
    expect(await wallet(customerId)).toMatchObject(balance(80, 20));
  });

  it("is refused for another customer's quote, one whose time is over, and one for nothing", async () => {
    const shop = holdsShop();
    await shop.publish(5);
    const [owner, other] = [await customer(50), await customer(50)];
    const quoteId = await shop.quote(owner);
    const foreign = await place({ customerId: other, quoteId });
    expect([foreign.status, foreign.json["param"]]).toEqual([404, "quoteId"]);
    await api.db().transaction(async (trx) => {
      await trx.raw("set local session_replication_role = replica");
      await trx("quotes").update({ expires_at: trx.raw("clock_timestamp()") });
    });
    const late = await place({ customerId: owner, quoteId });
    expect([late.status, late.json["code"]]).toEqual([409, "quote_expired"]);
    const free = await shop.quote(owner, "chat.free");
    const nothing = await place({ customerId: owner, quoteId: free });
    expect([nothing.status, nothing.json["param"]]).toEqual([400, "quoteId"]);
  });
});

describe("reading holds", () => {
  it("lists a customer's, the newest first, in pages and by state", async () => {
    const customerId = await customer(100);
    const ids: string[] = [];
    for (let n = 1; n <= 5; n++) ids.unshift(await held(customerId, n));
    const [, released = "", captured = ""] = ids;
    await release(released);
    await capture(captured, { credits: 3 });
    const list = async (query: string) => {
      const { json } = await api.stack().call("GET", `/v1/holds?customerId=${customerId}${query}`);
      const data = Array.isArray(json["data"]) ? json["data"] : [];
      return { ...json, ids: data.map(({ id }) => id), states: data.map(({ state }) => state) };
    };
    const first = await list("&limit=2");
    expect(first).toMatchObject({ ids: ids.slice(0, 2), hasMore: true });
    const next = await list(`&limit=10&cursor=${String(Reflect.get(first, "nextCursor"))}`);
    expect(next).toMatchObject({ ids: ids.slice(2), hasMore: false, nextCursor: null });
    expect((await list("")).states).toEqual(["open", "released", "captured", "open", "open"]);
    expect((await list("&state=open")).ids).toEqual([ids[0], ids[3], ids[4]]);
    expect((await list("&state=released")).ids).toEqual([released]);
    expect((await list("&state=captured")).ids).toEqual([captured]);
    expect((await list("&state=expired")).ids).toEqual([]);
    const wrong = `/v1/holds?customerId=${customerId}&cursor=bm9uc2Vuc2U`;
    expect((await api.stack().call("GET", wrong)).status).toBe(400);
  });

  it("knows no hold of another project, whatever is asked of it", async () => {
    const book = await walletBook(api.db(), await insertProject(api.db()));
    await book.give(10);
    const holdId = newId("hold");
    await book.post((state) => placeByHand(state, holdId));
    const before = await book.wallet();
    const id = publicId("hold", holdId);
    const { call } = api.stack();
    for (const [method, path, body] of [
      ["GET", "", undefined],
      ["POST", "/captures", { credits: 1 }],
      ["POST", "/release", {}],
      ["POST", "/extend", { expiresInSeconds: 1_000 }],
    ] as const) {
      const { status, json } = await call(method, `/v1/holds/${id}${path}`, body);
      expect([path, status, json["code"]]).toEqual([path, 404, "not_found"]);
    }
    expect(await book.wallet()).toEqual(before);
  });
});

function placeByHand(book: Book, id: HoldId) {
  const now = new Date();
  return decideHold(book, {
    hold: {
      id,
      amount: wholeCredits(5),
      overCapture: "reject",
      expiresAt: new Date(now.getTime() + 60_000),
      apiKeyId: null,
      rateCardVersion: 0,
      description: null,
    },
    openHoldsMax: 1,
    memo: null,
    keyWindows: null,
    now,
  });
}
