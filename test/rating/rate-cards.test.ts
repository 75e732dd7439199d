import { describe, expect, it } from "vitest";
import { z } from "zod";
import { newId } from "../../src/kernel/ids.js";
import { approvedOrThrow } from "../../src/kernel/verdict.js";
import { createRateCards } from "../../src/rating/create-rate-cards.js";
import { priceEvent } from "../../src/rating/price.js";
import { publishRateCard } from "../../src/rating/publish-rate-card.js";
import { currentRateCardVersion, readRateCard } from "../../src/rating/read-rate-cards.js";
import { rateCardTerms } from "../../src/rating/terms-schema.js";
import { chatTerms } from "./cards.js";
import { otherProject, ratingApi } from "./rating-api.js";

const api = ratingApi();
const flat = (credits: unknown) => ({ events: { x: { price: { type: "flat", credits } } } });
const versions = async (): Promise<number[]> =>
  api.db()("rate_cards").where({ project_id: api.projectId() }).orderBy("version").pluck("version");

describe("publishing a rate card", () => {
  it("is asked for as long as there is none", async () => {
    const { status, json } = await api.stack().call("GET", "/v1/rate-card");
    expect([status, json["code"]]).toEqual([404, "not_found"]);
    expect(json["detail"]).toContain("PUT /v1/rate-card");
    expect(await currentRateCardVersion(api.db(), api.projectId())).toBe(0);
  });

  it("answers the terms in full, and what it answers may be sent back", async () => {
    const made = await api.publish(chatTerms);
    expect(made.status).toBe(201);
    const unit = (credits: string) => ({ credits, per: 1_000 });
    expect(made.json).toMatchObject({
      version: 1,
      shortfall: { policy: "reject" },
      events: {
        "chat.reply": {
          minimum: 0,
          rounding: "up",
          shortfall: { policy: "upToAvailable" },
          price: {
            type: "models",
            models: {
              "gpt-x": {
                type: "properties",
                base: "0",
                properties: { inputTokens: unit("0.15"), outputTokens: unit("0.6") },
              },
            },
          },
        },
        "image.generate": { price: { type: "quantity", credits: "4", per: 1 }, minimum: 4 },
      },
    });
    const { version: _version, createdAt: _createdAt, ...terms } = made.json;
    const again = await api.publish(terms);
    expect([again.status, again.json]).toEqual([200, made.json]);
    expect((await api.stack().call("GET", "/v1/rate-card")).json).toEqual(made.json);
  });

  it("keeps one version for the same prices however they are written, and makes one for others", async () => {
    const before = (await versions()).length;
    const statuses: number[] = [];
    for (const terms of [
      flat("0.00000015"),
      '{"events":{"x":{"rounding":"up","price":{"credits":0.000000150000,"type":"flat"}}}}',
      { ...flat("0.00000015"), shortfall: { policy: "reject" } },
      flat("0.00000016"),
      { ...flat("0.00000016"), shortfall: { policy: "debt", limit: "10.50" } },
      { ...flat("0.00000016"), shortfall: { policy: "debt", limit: 10.5 } },
    ])
      statuses.push((await api.publish(terms)).status);
    expect(statuses).toEqual([201, 200, 200, 201, 201, 200]);
    expect((await versions()).length).toBe(before + 3);
  });

  it("leaves a line in the audit log for each version, and none for the same terms", async () => {
    const lines = await api
      .db()("audit_log")
      .where({ project_id: api.projectId(), action: "rate_card.publish" })
      .orderBy("id");
    expect(lines.map(({ details }) => details.version)).toEqual(await versions());
    expect(lines[0]).toMatchObject({ actor: expect.stringMatching(/^key_/), subject: "version 1" });
  });

  it("takes the next number once, whoever publishes at the same time", async () => {
    const before = (await versions()).length;
    const answers = await Promise.all(
      Array.from({ length: 12 }, (_, n) => api.publish(flat(`${n}.5`))),
    );
    const statuses = answers.map(({ status }) => status);
    expect(statuses.every((status) => status === 201 || status === 409)).toBe(true);
    const made = statuses.filter((status) => status === 201).length;
    expect(made).toBeGreaterThan(0);
    expect(await versions()).toEqual(Array.from({ length: before + made }, (_, n) => n + 1));
  });

  it("prices by the very version that is asked for, in every process", async () => {
    const cards = createRateCards();
    const costs: unknown[] = [];
    for (const credits of [7, 8]) {
      const { json } = await api.publish(flat(credits));
      const card = await cards.get(api.db(), api.projectId(), Number(json["version"]));
      costs.push(approvedOrThrow(priceEvent(card, "x", {})));
    }
    const last = await currentRateCardVersion(api.db(), api.projectId());
    expect(costs).toEqual([
      { credits: 7_000_000n, rateCardVersion: last - 1 },
      { credits: 8_000_000n, rateCardVersion: last },
    ]);
    expect(await cards.get(api.db(), api.projectId(), 0)).toBeUndefined();
    expect(await cards.get(api.db(), api.projectId(), last + 1)).toBeUndefined();
    expect(await cards.get(api.db(), await otherProject(api), last)).toBeUndefined();
  });
});

describe("versions", () => {
  it("are listed newest first, page by page, and read by their number", async () => {
    const all = (await versions()).toReversed();
    const seen: unknown[] = [];
    let query = "?limit=3";
    for (;;) {
      const { json } = await api.stack().call("GET", `/v1/rate-cards${query}`);
      seen.push(...z.array(z.looseObject({ version: z.int() })).parse(json["data"]));
      if (json["hasMore"] !== true) break;
      query = `?limit=3&cursor=${json["nextCursor"]}`;
    }
    expect(seen.map((card) => z.object({ version: z.int() }).parse(card).version)).toEqual(all);
    const first = await api.stack().call("GET", "/v1/rate-cards/1");
    expect(first.json).toMatchObject({ version: 1, events: chatTerms.events });
    const { version, createdAt } = first.json;
    expect(seen.at(-1)).toEqual({ version, createdAt, eventCount: 2 });
  });

  it.each([
    ["/v1/rate-cards/999999", 404, "version"],
    ["/v1/rate-cards/0", 400, "version"],
    ["/v1/rate-cards/01", 400, "version"],
    ["/v1/rate-cards/1e0", 400, "version"],
    ["/v1/rate-cards/%D9%A1", 400, "version"],
    ["/v1/rate-cards?cursor=YWJj", 400, "cursor"],
  ])("%s is refused", async (path, status, param) => {
    const answer = await api.stack().call("GET", path);
    expect([answer.status, answer.json["param"]]).toEqual([status, param]);
  });

  it("belong to one project", async () => {
    const other = await otherProject(api);
    expect(await currentRateCardVersion(api.db(), other)).toBe(0);
    await expect(readRateCard(api.db(), other, 1)).rejects.toMatchObject({ code: "not_found" });
    const terms = rateCardTerms.parse(flat(3));
    const { rateCard } = await api
      .db()
      .transaction((trx) => publishRateCard(trx, other, terms, "test"));
    expect(rateCard.version).toBe(1);
  });

  it("cannot be changed, removed or numbered twice, even by plain SQL", async () => {
    const db = api.db();
    const one = () => db("rate_cards").where({ project_id: api.projectId(), version: 1 });
    for (const change of [
      one().update({ terms: "{}" }),
      one().update({ version: 99 }),
      one().delete(),
    ])
      await expect(change).rejects.toMatchObject({ constraint: "rate_cards_immutable" });
    await expect(db.raw("truncate rate_cards cascade")).rejects.toThrow(/never_emptied|is refused/);
    const row = { id: newId("rateCard"), project_id: api.projectId(), terms: '{"events":{}}' };
    for (const [version, constraint] of [
      [1, "rate_cards_version"],
      [0, "rate_cards_version_check"],
    ] as const)
      await expect(db("rate_cards").insert({ ...row, version })).rejects.toMatchObject({
        constraint,
      });
    await expect(
      db("rate_cards").insert({ ...row, version: 98, terms: "[]" }),
    ).rejects.toMatchObject({ constraint: "rate_cards_terms_check" });
  });
});

describe("terms", () => {
  const priced = (price: unknown) => ({ events: { x: { price } } });
  const rated = (rate: object) => ({
    events: { x: { price: { type: "flat", credits: 1 }, ...rate } },
  });
  const many = <T>(count: number, make: (n: number) => T) =>
    Object.fromEntries(Array.from({ length: count }, (_, n) => [`a${n}`, make(n)]));
  const one = { type: "flat", credits: 1 };

  it.each<[string, unknown]>([
    ["events", {}],
    ["events", { events: {} }],
    ["events", { events: [] }],
    ["events", { events: many(501, () => ({ price: one })) }],
    ["events.X", { events: { X: { price: one } } }],
    ["events.a b", { events: { "a b": { price: one } } }],
    ["events.x.price", { events: { x: {} } }],
    ["events.x.price.type", priced({ credits: 1 })],
    ["events.x.price.type", priced({ type: "free" })],
    ["events.x.price.currency", priced({ ...one, currency: "usd" })],
    ["events.x.price.credits", priced({ type: "flat" })],
    ["events.x.price.credits", priced({ type: "flat", credits: -1 })],
    ["events.x.price.credits", priced({ type: "flat", credits: "-0.5" })],
    ["events.x.price.credits", priced({ type: "flat", credits: "0.0000000000001" })],
    ["events.x.price.credits", priced({ type: "flat", credits: "1e-7" })],
    ["events.x.price.credits", priced({ type: "flat", credits: "٥" })],
    ["events.x.price.credits", priced({ type: "flat", credits: 1_000_000_000 })],
    ["events.x.price.credits", priced({ type: "flat", credits: "1".repeat(100_000) })],
    ["events.x.price.per", priced({ type: "quantity", credits: 1, per: 0 })],
    ["events.x.price.per", priced({ type: "quantity", credits: 1, per: 1.5 })],
    ["events.x.price.per", priced({ type: "quantity", credits: 1, per: 1_000_000_001 })],
    ["events.x.price.properties", priced({ type: "properties", properties: {} })],
    [
      "events.x.price.properties",
      priced({ type: "properties", properties: many(21, () => ({ credits: 1 })) }),
    ],
    [
      "events.x.price.properties.model",
      priced({ type: "properties", properties: { model: { credits: 1 } } }),
    ],
    ["events.x.price.models", priced({ type: "models", models: {} })],
    ["events.x.price.models", priced({ type: "models", models: many(201, () => one) })],
    [
      "events.x.price.models.a.type",
      priced({ type: "models", models: { a: { type: "models", models: {} } } }),
    ],
    ["events.x.minimum", rated({ minimum: -1 })],
    ["events.x.minimum", rated({ minimum: "0.0000001" })],
    ["events.x.rounding", rated({ rounding: "bankers" })],
    ["events.x.shortfall.policy", rated({ shortfall: { policy: "allow" } })],
    ["events.x.shortfall.limit", rated({ shortfall: { policy: "debt" } })],
    ["events.x.shortfall.limit", rated({ shortfall: { policy: "debt", limit: 0 } })],
    ["events.x.shortfall.limit", rated({ shortfall: { policy: "reject", limit: 1 } })],
    ["shortfall.policy", { ...priced(one), shortfall: { policy: "" } }],
    ["currency", { ...priced(one), currency: "usd" }],
  ])("with a wrong %s are refused, and nothing is written", async (param, terms) => {
    const before = await versions();
    const { status, json } = await api.publish(terms);
    expect([status, json["code"], json["param"]]).toEqual([400, "invalid_request", param]);
    expect(await versions()).toEqual(before);
  });

  it.each([
    ["an exponent", '{"type":"flat","credits":1e3}', "invalid_request"],
    ["a number without end", '{"type":"flat","credits":1e400}', "invalid_request"],
    [
      "more digits than a number keeps",
      '{"type":"flat","credits":0.1234567890123456}',
      "invalid_request",
    ],
    ["NaN", '{"type":"flat","credits":NaN}', "malformed_json"],
    ["depth", `${'{"type":'.repeat(70)}1${"}".repeat(70)}`, "malformed_json"],
    [
      "a prototype for a model",
      '{"type":"models","models":{"__proto__":{"type":"flat","credits":1}}}',
      "invalid_request",
    ],
    [
      "a constructor for a property",
      '{"type":"properties","properties":{"constructor":{"credits":1}}}',
      "invalid_request",
    ],
  ])("with %s are refused, and nothing is written", async (_what, price, code) => {
    const before = await versions();
    const { status, json } = await api.publish(`{"events":{"x":{"price":${price}}}}`);
    expect([status, json["code"]]).toEqual([400, code]);
    expect(await versions()).toEqual(before);
  });

  it("with a prototype for an event are refused", async () => {
    const { status, json } = await api.publish(
      `{"events":{"__proto__":{"price":${JSON.stringify(one)}}}}`,
    );
    expect([status, json["code"]]).toEqual([400, "invalid_request"]);
  });

  it("hold 500 events and 10,000 prices, and no more", async () => {
    const table = (count: number) => ({
      price: { type: "models", models: many(count, () => one) },
    });
    expect((await api.publish({ events: many(500, () => table(20)) })).status).toBe(201);
    const { status, json } = await api.publish({ events: many(500, () => table(21)) });
    expect([status, json["param"]]).toEqual([400, "events"]);
  });
});
