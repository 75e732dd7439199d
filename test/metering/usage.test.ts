import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { invariants } from "../../src/app/invariants.js";
import { checkInvariants } from "../../src/ledger/check-invariants.js";
import { queueBackends } from "../support/queue-backends.js";
import { startTestStack, type TestStack } from "../support/stack.js";
import { until } from "../support/until.js";

const card = {
  events: {
    "chat.reply": { price: { type: "flat", credits: "1" } },
    "image.generate": { price: { type: "quantity", credits: "2.5", per: 1 } },
  },
};

describe.each(queueBackends)("usage on %s", (queue) => {
  let stack: TestStack;
  beforeAll(async () => {
    stack = await startTestStack({ queue });
    const published = await stack.call("PUT", "/v1/rate-card", card);
    expect(published.status).toBe(201);
  });
  afterAll(() => stack?.stop());

  const give = async (customer: string, credits: number) => {
    const given = await stack.call("POST", `/v1/wallets/${customer}/grants`, {
      credits,
      reason: "test",
    });
    expect(given.status).toBe(201);
  };
  const settled = (id: string) =>
    until(
      async () => {
        const { json } = await stack.call("GET", `/v1/usage/${id}`);
        return json["status"] === "accepted" ? undefined : json;
      },
      { because: `${id} to be applied` },
    );

  it("is accepted, then applied by a worker, and says what it cost", async () => {
    await give("ann", 10);
    const sent = { id: "ann-1", customerId: "ann", event: "image.generate", quantity: 2 };
    const accepted = await stack.call("POST", "/v1/usage", sent);
    expect(accepted.json).toMatchObject({ id: "ann-1", status: "accepted", credits: 5 });
    expect(accepted.status).toBe(202);
    expect(await settled("ann-1")).toMatchObject({
      status: "applied",
      credits: 5,
      balance: { available: 5, held: 0, debt: 0, total: 5 },
    });
    expect(
      (await checkInvariants(stack.ctx.db, { invariants })).filter(
        ({ offenders }) => offenders > 0,
      ),
    ).toEqual([]);
  });

  it("is rejected with the balance it met when the wallet cannot cover it", async () => {
    await give("bob", 1);
    await stack.call("POST", "/v1/usage", {
      id: "bob-1",
      customerId: "bob",
      event: "image.generate",
      quantity: 2,
    });
    expect(await settled("bob-1")).toMatchObject({
      status: "rejected",
      credits: 0,
      rejection: { code: "insufficient_credits", available: 1 },
    });
  });

  it("is waited for with Prefer: wait, and refused with what is missing and where to top up", async () => {
    await give("cat", 3);
    const wait = { prefer: "wait" };
    const first = await stack.call(
      "POST",
      "/v1/usage",
      { id: "cat-1", customerId: "cat", event: "chat.reply" },
      wait,
    );
    expect([first.status, first.json]).toEqual([
      200,
      expect.objectContaining({
        status: "applied",
        credits: 1,
        balance: { available: 2, held: 0, debt: 0, total: 2 },
      }),
    ]);
    const again = await stack.call(
      "POST",
      "/v1/usage",
      { id: "cat-1", customerId: "cat", event: "chat.reply" },
      wait,
    );
    expect(again.json).toEqual(first.json);
    expect(again.headers.get("idempotent-replayed")).toBe("true");
    const short = await stack.call(
      "POST",
      "/v1/usage",
      { id: "cat-2", customerId: "cat", event: "image.generate", quantity: 1 },
      wait,
    );
    expect([short.status, short.json]).toEqual([
      402,
      expect.objectContaining({
        code: "insufficient_credits",
        available: 2,
        required: 2.5,
        shortBy: 0.5,
        topUp: expect.objectContaining({ url: expect.stringContaining("/wallet/") }),
      }),
    ]);
    const conflict = await stack.call("POST", "/v1/usage", {
      id: "cat-1",
      customerId: "cat",
      event: "image.generate",
      quantity: 1,
    });
    expect([conflict.status, conflict.json["code"]]).toEqual([409, "usage_id_conflict"]);
  });

  it("that costs nothing is answered alike when it comes again", async () => {
    await give("dot", 3);
    const free = { id: "dot-1", customerId: "dot", event: "chat.reply", credits: 0 };
    const first = await stack.call("POST", "/v1/usage", free, { prefer: "wait" });
    const again = await stack.call("POST", "/v1/usage", free, { prefer: "wait" });
    expect(first.json).toMatchObject({ status: "applied", credits: 0, balance: { available: 3 } });
    expect([again.status, again.json]).toEqual([200, first.json]);
  });
});
