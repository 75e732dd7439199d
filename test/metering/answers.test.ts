import { describe, expect, it } from "vitest";
import { usageApi, wait } from "./usage-api.js";

const { customer, give, send, read, applied, stack } = usageApi();

const named = (id: string) => ({ id, eventId: expect.stringMatching(/^use_/) });
const nothing = {
  accepted: 0,
  applied: 0,
  partial: [],
  duplicates: [],
  conflicts: [],
  rejected: [],
};

describe("the answer to a list", () => {
  it("says again of a repeated event that it was rejected, and never that it was applied", async () => {
    const customerId = await customer(1);
    const taken = { id: "again-1", customerId, event: "chat.reply" };
    const short = { id: "again-2", customerId, event: "image.generate", quantity: 1 };
    const unpriced = { id: "again-3", customerId, event: "unheard.of" };
    const rejected = [
      { ...named(short.id), code: "insufficient_credits", detail: expect.stringMatching(/./) },
      { ...named(unpriced.id), code: "unknown_event", detail: expect.stringMatching(/./) },
    ];
    const first = await send([taken, short, unpriced], wait);
    expect([first.status, first.json]).toEqual([200, { ...nothing, applied: 1, rejected }]);
    await give(customerId, 100);
    const again = await send([taken, short, unpriced], wait);
    expect([again.status, again.json]).toEqual([
      200,
      { ...nothing, duplicates: [named(taken.id)], rejected },
    ]);
  });

  it("says of a rejected event that a worker looked at the same, once it is waited for", async () => {
    const customerId = await customer(0);
    const short = { id: "later-1", customerId, event: "chat.reply" };
    expect((await send([short])).json).toEqual({ ...nothing, accepted: 1 });
    await applied();
    expect((await send([short])).json).toEqual({ ...nothing, duplicates: [named(short.id)] });
    expect((await send([short], wait)).json).toMatchObject({
      duplicates: [],
      rejected: [{ ...named(short.id), code: "insufficient_credits" }],
    });
  });

  it("names what was taken in part: what of it was taken, and what is short", async () => {
    const customerId = await customer(4);
    const all = { id: "part-1", customerId, event: "video.render", quantity: 1 };
    const some = { id: "part-2", customerId, event: "video.render", quantity: 7 };
    const none = { id: "part-3", customerId, event: "video.render", quantity: 2 };
    expect((await send([all, some, none], wait)).json).toEqual({
      ...nothing,
      applied: 3,
      partial: [
        { ...named(some.id), credits: 3, shortfall: 4 },
        { ...named(none.id), credits: 0, shortfall: 2 },
      ],
    });
    expect(await read(some.id)).toMatchObject({ status: "applied", credits: 3, shortfall: 4 });
  });

  it("names what a hold could not cover in full, also in a list that is not waited for", async () => {
    const customerId = await customer(3);
    const asked = { customerId, credits: 2, overCapture: "upToAvailable" };
    const { json: hold } = await stack().call("POST", "/v1/holds", asked);
    const over = {
      id: "over-1",
      customerId,
      event: "video.render",
      quantity: 5,
      holdId: hold["id"],
    };
    const { status, json } = await send([over, { id: "over-2", customerId, event: "chat.reply" }]);
    const partial = [{ ...named(over.id), credits: 3, shortfall: 2 }];
    expect([status, json]).toEqual([202, { ...nothing, accepted: 1, applied: 1, partial }]);
  });
});
