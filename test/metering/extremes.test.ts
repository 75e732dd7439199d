import { describe, expect, it } from "vitest";
import { ndjson, usageApi, wait } from "./usage-api.js";

const { customer, send, read, applied } = usageApi();

const extremes: readonly (readonly [string, Readonly<Record<string, unknown>>])[] = [
  ["no quantity at all", { event: "chat.reply" }],
  ["a quantity of 0", { quantity: 0 }],
  ["a quantity of 0 in digits", { quantity: "0.000000" }],
  ["the largest quantity", { event: "chat.reply", quantity: "1000000000000" }],
  ["the smallest quantity", { quantity: "0.000001" }],
  ["a price of its own that is nothing", { credits: 0 }],
  ["the highest price of its own", { credits: "999999999.999999" }],
  ["the earliest time", { at: "1970-01-01T00:00:00Z" }],
  ["a time with an offset", { at: "2020-02-29T23:59:59.123456+05:30" }],
  ["an id of signs", { id: `!"#$%&'()*+,-./:;<=>?@[\\]^_\`{|}~` }],
  ["an id of 128 signs", { id: "x".repeat(128) }],
  ["an id that looks like one of ours", { id: "use_01k2x3v9g7f6q8r5s4t3w2y1z0" }],
  ["empty metadata and properties", { metadata: {}, properties: {} }],
  ["metadata of every kind", { metadata: { a: "ü😀'\\\"", b: -0.5, c: true, d: null, "": "x" } }],
  ["numbers for names", { metadata: { 1: "a", 0: "b" }, properties: { a1: "x", a0: -1.5 } }],
  ["an event that no card prices", { event: "unheard.of" }],
];

describe.each(extremes)("usage with %s", (_what, fields) => {
  it("is taken by every door, read back as it was sent, and is the same when it comes again", async () => {
    const customerId = await customer(1);
    const sent = { id: `x-${customerId}`, customerId, event: "image.generate", ...fields };
    const first = await send(sent);
    expect([first.status, first.json["detail"]]).toEqual([202, undefined]);
    const again = await send([sent]);
    expect(again.json).toMatchObject({ accepted: 0, conflicts: [], duplicates: [{ id: sent.id }] });
    const line = await send(`${JSON.stringify(sent)}\n`, ndjson);
    expect(line.json).toMatchObject({ accepted: 0, conflicts: [], duplicates: [{ id: sent.id }] });
    await applied();
    const waited = await send([sent], wait);
    expect(waited.json).toMatchObject({ accepted: 0, applied: 0, conflicts: [] });
    // One that was rejected says so again.
    expect([waited.json["duplicates"], waited.json["rejected"]].flat()).toMatchObject([
      { id: sent.id },
    ]);
    const kept = await read(sent.id);
    expect(kept).toMatchObject({ id: sent.id, customerId, event: sent.event });
    const { quantity, properties, metadata } = fields;
    expect(kept).toMatchObject({
      quantity: quantity ?? null,
      properties: properties ?? null,
      metadata: metadata ?? null,
    });
    expect(["applied", "rejected"]).toContain(kept["status"]);
  });
});

describe("one id", () => {
  const base = { event: "image.generate", quantity: 1, properties: { model: "a" } };
  it("never stands for two events: whatever differs is a conflict, by every door, and the first one stays", async () => {
    const customerId = await customer(100);
    const other = await customer(100);
    const at = "2026-01-01T00:00:00Z";
    const id = "same";
    const metadata = { a: 1, b: "2" };
    const first = { ...base, id, customerId, at, metadata };
    const { json: named } = await send(first);
    const differing = [
      { ...first, customerId: other },
      { ...first, event: "chat.reply" },
      { ...first, quantity: 2 },
      { ...first, quantity: "1" },
      { ...first, properties: { model: "b" } },
      { ...first, properties: {} },
      { ...first, metadata: { a: 1, b: 2 } },
      { ...first, metadata: undefined },
      { ...first, at: "2026-01-01T00:00:00.001Z" },
      { ...first, at: undefined },
      { ...first, credits: 2.5 },
    ];
    for (const event of differing) {
      const alone = await send(event);
      expect([alone.status, alone.json]).toEqual([
        409,
        expect.objectContaining({ code: "usage_id_conflict", eventId: named["eventId"] }),
      ]);
      expect((await send(event, wait)).json["code"]).toBe("usage_id_conflict");
      for (const way of [{}, wait])
        expect((await send([event, first], way)).json).toMatchObject({
          accepted: 0,
          applied: 0,
          rejected: [],
          conflicts: [{ id, eventId: named["eventId"] }],
          duplicates: [{ id, eventId: named["eventId"] }],
        });
    }
    const reordered = { metadata: { b: "2", a: 1 }, at: "2026-01-01T01:00:00+01:00", customerId };
    const same = await send({ ...first, ...reordered });
    expect(same.json).toMatchObject({ status: "duplicate", eventId: named["eventId"] });
    await applied();
    expect(await read(id)).toMatchObject({ customerId, credits: 2.5 });
  });
});
