import { beforeAll, describe, expect, it } from "vitest";
import { type Json, times, usageApi, wait } from "./usage-api.js";

const { customer, give, send, applied, lines, stack } = usageApi();
let ann: string;
let bob: string;
let startedAt: Date;
let middle: Date;

const get = async (query: string): Promise<{ readonly status: number; readonly json: Json }> =>
  stack().call("GET", `/v1/usage${query}`);
const listOf = async (query: string): Promise<readonly Json[]> => {
  const { status, json } = await get(query);
  expect([status, json["detail"]]).toEqual([200, undefined]);
  return Array.isArray(json["data"]) ? json["data"] : [];
};
const idsOf = async (query: string) => (await listOf(query)).map(({ id }) => id);

beforeAll(async () => {
  startedAt = new Date();
  ann = await customer(20);
  bob = await customer(5);
  await send(times(10, (n) => ({ id: `a-${n}`, customerId: ann, event: "chat.reply" })));
  await send({ id: "a-10", customerId: ann, event: "image.generate", quantity: 2 });
  await send({ id: "a-11", customerId: ann, event: "image.generate", quantity: 99 });
  await send({
    id: "b-0",
    customerId: bob,
    event: "video.render",
    quantity: 7,
    properties: { model: "m1" },
  });
  await send({ id: "b-1", customerId: bob, event: "unheard.of" });
  await applied();
  middle = new Date(Date.now() + 1);
  await give(bob, 3);
  const { json } = await stack().call("POST", "/v1/holds", { customerId: bob, credits: 3 });
  await send({ id: "b-2", customerId: bob, event: "chat.reply", holdId: json["id"] }, wait);
  await send({ id: "b-3", customerId: bob, event: "agent.run", quantity: 2 }, wait);
});

describe("GET /v1/usage", () => {
  it("lists the newest first, by customer, by event and by time", async () => {
    const annsNewest = ["a-11", "a-10", ...times(10, (n) => `a-${9 - n}`)];
    expect(await idsOf(`?customerId=${ann}`)).toEqual(annsNewest);
    expect(await idsOf("?limit=100")).toEqual(["b-3", "b-2", "b-1", "b-0", ...annsNewest]);
    expect(await idsOf("?event=image.generate")).toEqual(["a-11", "a-10"]);
    expect(await idsOf(`?customerId=${bob}&event=chat.reply`)).toEqual(["b-2"]);
    const at = middle.toISOString();
    expect(await idsOf(`?from=${at}`)).toEqual(["b-3", "b-2"]);
    expect(await idsOf(`?to=${at}&customerId=${bob}`)).toEqual(["b-1", "b-0"]);
    expect(await idsOf(`?to=${startedAt.toISOString()}`)).toEqual([]);
    expect(await idsOf("?customerId=nobody")).toEqual([]);
  });

  it("says of each what became of it", async () => {
    const [over] = await listOf("?event=video.render");
    expect(over).toMatchObject({
      status: "applied",
      price: 7,
      credits: 5,
      shortfall: 2,
      model: "m1",
    });
    const [unknown] = await listOf("?event=unheard.of");
    expect(unknown).toMatchObject({
      status: "rejected",
      price: null,
      credits: 0,
      rejection: { code: "unknown_event", available: null },
    });
    const [held] = await listOf(`?customerId=${bob}&event=chat.reply`);
    expect(held).toMatchObject({
      status: "applied",
      credits: 1,
      holdId: expect.stringMatching(/^hold_|^hld_/),
    });
  });

  it("shows every event once over its pages, also while more arrive", async () => {
    const seen: unknown[] = [];
    let cursor: unknown = null;
    do {
      const query: string = cursor === null ? "" : `&cursor=${encodeURIComponent(String(cursor))}`;
      const { json } = await get(`?limit=3&customerId=${ann}${query}`);
      const data: readonly Json[] = Array.isArray(json["data"]) ? json["data"] : [];
      seen.push(...data.map(({ id }) => id));
      expect(json["hasMore"]).toBe(json["nextCursor"] !== null);
      cursor = json["nextCursor"];
      await send({ customerId: bob, event: "unheard.of" });
    } while (cursor !== null);
    expect(seen).toEqual(["a-11", "a-10", ...times(10, (n) => `a-${9 - n}`)]);
  });

  it.each([
    "limit=0",
    "limit=101",
    "limit=x",
    "cursor=x",
    "cursor=",
    "from=yesterday",
    "to=2026-01-01",
    "from=5",
    "event=%00",
    "event=A'--",
    "customerId=",
    "customerId=%00",
    "customerId=a%20b%0a",
    "from=%C3%28",
    "admin=1&limit=-1",
  ])("refuses ?%s, here and in the summary where it has a meaning", async (query) => {
    const listed = await get(`?${query}`);
    expect([listed.status, listed.json["code"]]).toEqual([400, "invalid_request"]);
    if (/^(?:limit|cursor|admin)/.test(query)) return;
    const summed = await get(`/summary?${query}`);
    expect([summed.status, summed.json["code"]]).toEqual([400, "invalid_request"]);
  });

  it("answers times of any year without an error of ours", async () => {
    for (const at of [
      "0000-01-01T00:00:00Z",
      "0001-01-01T00:00:00+14:00",
      "9999-12-31T23:59:59Z",
    ]) {
      const encoded = encodeURIComponent(at);
      expect((await get(`?from=${encoded}`)).status).toBe(200);
      expect((await get(`?to=${encoded}`)).status).toBe(200);
      expect((await get(`/summary?from=${encoded}`)).status).toBe(400);
      expect((await get(`/summary?to=${encoded}`)).status).toBeLessThan(500);
    }
  });
});

describe("GET /v1/usage/:id", () => {
  it("finds an event by its own id and by ours, and says 404 for all else", async () => {
    const [event] = await listOf("?event=video.render");
    const byOurs = await get(`/${String(event?.["eventId"])}`);
    expect(byOurs.json).toEqual(event);
    for (const id of ["nobody", "use_01k2x3v9g7f6q8r5s4t3w2y1z0", "use_x", "%27--", "b-0%20"])
      expect((await get(`/${id}`)).status).toBe(404);
    for (const id of ["%00", "%ff", "x".repeat(129)])
      expect((await get(`/${id}`)).status).toBe(400);
  });
});

describe("GET /v1/usage/summary", () => {
  it("adds up to what the statement says was spent", async () => {
    await applied();
    for (const who of [ann, bob]) {
      const { json } = await get(`/summary?customerId=${who}`);
      const spent = (await lines(who)).filter(([kind]) =>
        /^(?:spend|overdraft|capture)$/.test(String(kind)),
      );
      const credits = spent.reduce((sum, [, change]) => sum - Number(change), 0);
      expect(json["total"]).toMatchObject({ credits: who === ann ? 15 : credits });
      if (who === ann) expect(credits).toBe(15);
    }
    const { json } = await get(`/summary?customerId=${ann}`);
    const day = new Date().toISOString().slice(0, 10);
    expect(json["data"]).toEqual([
      { event: "chat.reply", model: null, day, events: 10, applied: 10, rejected: 0, credits: 10 },
      { event: "image.generate", model: null, day, events: 2, applied: 1, rejected: 1, credits: 5 },
    ]);
    expect(json["total"]).toMatchObject({ events: 12, credits: 15 });
    const all = await get("/summary");
    const parts = await Promise.all([ann, bob].map((who) => get(`/summary?customerId=${who}`)));
    const sum = parts.reduce(
      (total, part) => total + Number(Object(part.json["total"]).credits),
      0,
    );
    expect(all.json["total"]).toMatchObject({ credits: sum });
  });

  it("is empty for a customer without a wallet, and of at most 92 days", async () => {
    expect((await get("/summary?customerId=nobody")).json).toMatchObject({
      data: [],
      total: { events: 0, credits: 0 },
    });
    const day = 86_400_000;
    const now = Date.now();
    const from = (days: number) =>
      `from=${new Date(now - days * day).toISOString()}&to=${new Date(now).toISOString()}`;
    expect((await get(`/summary?${from(92)}`)).status).toBe(200);
    expect((await get(`/summary?${from(92.1)}`)).status).toBe(400);
    expect((await get(`/summary?${from(-1)}`)).status).toBe(400);
  });

  it("is refused when it has more than 5,000 lines, and is whole in parts", async () => {
    const from = new Date().toISOString();
    const many = await Promise.all([customer(), customer()]);
    for (const customerId of many)
      for (let part = 0; part < 3; part++) {
        const events = times(1_000, (n) => ({
          customerId,
          event: "many.models",
          properties: { model: `${customerId}-${part}-${n}` },
        }));
        expect((await send(events)).status).toBe(202);
      }
    const all = await get(`/summary?from=${from}`);
    expect([all.status, all.json]).toEqual([
      400,
      expect.objectContaining({
        code: "invalid_request",
        detail: expect.stringContaining("in parts"),
      }),
    ]);
    for (const customerId of many) {
      const { status, json } = await get(`/summary?customerId=${customerId}`);
      expect([status, json["total"]]).toEqual([200, { events: 3_000, credits: 0 }]);
      expect(json["data"]).toHaveLength(3_000);
    }
  }, 60_000);
});
