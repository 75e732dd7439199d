import { beforeAll, describe, expect, it } from "vitest";
import { readWallet } from "../../src/ledger/read-wallet.js";
import { chatTerms } from "./cards.js";
import { ratingApi } from "./rating-api.js";

const api = ratingApi();
const reply = {
  customerId: "user_123",
  event: "chat.reply",
  properties: { model: "gpt-x", inputTokens: 1_200, outputTokens: 350 },
};
beforeAll(async () => {
  await api.publish(chatTerms);
  await api.give("user_123", 10);
});

const quotesCount = async () => (await api.db()("quotes").count({ n: "*" }))[0]?.["n"];

describe("a quote", () => {
  it("says what an event costs, why, and whether the wallet can pay, and writes nothing", async () => {
    const { status, json } = await api.quote(reply);
    expect(status).toBe(200);
    expect(json).toEqual({
      credits: 0.39,
      affordable: true,
      because: null,
      available: 10,
      shortBy: 0,
      limitsLeft: { wallet: null, key: null },
      maxAffordable: { of: "events", units: 25 },
      rateCardVersion: 1,
      model: "gpt-x",
      rounding: "up",
      lines: [
        {
          what: "properties.inputTokens",
          units: "1200",
          unitPrice: "0.15",
          per: 1_000,
          credits: "0.18",
        },
        {
          what: "properties.outputTokens",
          units: "350",
          unitPrice: "0.6",
          per: 1_000,
          credits: "0.21",
        },
      ],
    });
    expect(await quotesCount()).toBe(0n);
  });

  it("says by how much a wallet is short, and what it could pay instead", async () => {
    const { json } = await api.quote({
      customerId: "user_123",
      event: "image.generate",
      quantity: 3,
    });
    expect(json).toMatchObject({
      credits: 12,
      affordable: false,
      because: "insufficient_credits",
      available: 10,
      shortBy: 2,
      maxAffordable: { of: "quantity", units: 2 },
    });
  });

  it("of an unknown customer finds nothing available and opens no wallet, frozen or not", async () => {
    const stranger = { ...reply, customerId: "stranger" };
    expect(await api.quote(stranger)).toMatchObject({
      status: 200,
      json: { affordable: false, available: 0, shortBy: 0.39, maxAffordable: { units: 0 } },
    });
    const frozen = await api.quote({ ...stranger, freezeSeconds: 60 });
    expect([frozen.status, frozen.json["param"]]).toEqual([404, "customerId"]);
    expect(await readWallet(api.db(), api.projectId(), "stranger")).toBeUndefined();
  });

  it.each<[string, number, string, unknown]>([
    ["an unknown event", 422, "unknown_event", { event: "other" }],
    ["no model", 422, "unpriceable_event", { properties: { inputTokens: 1, outputTokens: 1 } }],
    [
      "a missing property",
      422,
      "unpriceable_event",
      { properties: { model: "gpt-x", inputTokens: 1 } },
    ],
    [
      "a negative property",
      422,
      "unpriceable_event",
      { properties: { ...reply.properties, inputTokens: -1 } },
    ],
    [
      "Arabic digits",
      422,
      "unpriceable_event",
      { properties: { ...reply.properties, inputTokens: "٥" } },
    ],
    ["a negative quantity", 400, "invalid_request", { quantity: -1 }],
    ["too much", 400, "invalid_request", { quantity: "1000000000000.1" }],
    ["an event in capitals", 400, "invalid_request", { event: "Chat" }],
    ["an event that is a prototype", 400, "invalid_request", { event: "__proto__" }],
    ["a nested property", 400, "invalid_request", { properties: { a: { b: 1 } } }],
    ["a property of null", 400, "invalid_request", { properties: { a: null } }],
    [
      "51 properties",
      400,
      "invalid_request",
      { properties: Object.fromEntries(Array.from({ length: 51 }, (_, n) => [`a${n}`, n])) },
    ],
    ["a constructor", 400, "invalid_request", { properties: { constructor: 1 } }],
    ["59 seconds", 400, "invalid_request", { freezeSeconds: 59 }],
    ["3,601 seconds", 400, "invalid_request", { freezeSeconds: 3_601 }],
    ["its own price", 400, "invalid_request", { credits: 1 }],
  ])("with %s is refused with %i %s", async (_what, status, code, wrong) => {
    const before = await quotesCount();
    const answer = await api.quote({ ...reply, freezeSeconds: 60, ...Object(wrong) });
    expect([answer.status, answer.json["code"]]).toEqual([status, code]);
    expect(await quotesCount()).toBe(before);
  });

  it.each(["1e3", "1e400", "NaN", "0.12345678901234567", "-", "01"])(
    "with the quantity %s is refused",
    async (number) => {
      const body = `{"customerId":"user_123","event":"image.generate","quantity":${number}}`;
      expect((await api.quote(body)).status).toBe(400);
    },
  );
});
