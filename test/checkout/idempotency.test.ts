import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { queueBackends } from "../support/queue-backends.js";
import { type Answer, sessionOf, testPack, type TestStack } from "../support/stack.js";
import { until } from "../support/until.js";
import { expectCleanBooks, newCustomer, startHeldStack } from "../journeys/payment-scene.js";

describe.each(queueBackends)("checkouts with an Idempotency-Key, queue on %s", (queue) => {
  let stack: TestStack;
  beforeAll(async () => {
    stack = await startHeldStack(queue);
  });
  afterAll(() => stack.stop());
  afterEach(() => expectCleanBooks(stack));

  const control = () => stack.simulator.control;
  const order = (key: string, customerId: string, changes: object = {}): Promise<Answer> =>
    stack.call(
      "POST",
      "/v1/checkouts",
      { customerId, creditPackCode: testPack, ...changes },
      { "idempotency-key": key },
    );
  const purchases = () => stack.database.db("purchases").select("id");
  /** As after a crash: the key is open, and its lease is over or not. */
  const reopenKey = (key: string, leaseSeconds: number) =>
    stack.database
      .db("idempotency_keys")
      .where({ key })
      .update({
        state: "open",
        status: null,
        headers: null,
        body: null,
        locked_until: stack.database.db.raw("clock_timestamp() + make_interval(secs => ?)", [
          leaseSeconds,
        ]),
      });

  it("replay the first answer to the same request, letter by letter", async () => {
    const customerId = newCustomer();
    const first = await order("replay", customerId);
    expect(first.status).toBe(201);
    expect(first.headers.get("idempotent-replayed")).toBeNull();
    await control().pay(sessionOf(first.json["checkoutUrl"]));
    await stack.call("GET", `/v1/checkouts/${String(first.json["id"])}?wait=20`);
    const again = await order("replay", customerId);
    expect(again.status).toBe(201);
    expect(again.headers.get("idempotent-replayed")).toBe("true");
    expect(again.json).toEqual(first.json);
  });

  it("refuse the key for another body, and change nothing", async () => {
    await order("reused", newCustomer());
    const before = await purchases();
    const other = await order("reused", newCustomer());
    expect(other).toMatchObject({ status: 422, json: { code: "idempotency_key_reused" } });
    expect(await purchases()).toHaveLength(before.length);
  });

  it("answer 409 while the first request is under way, and its answer afterwards", async () => {
    const customerId = newCustomer();
    await control().resetLog();
    await control().latency({ ms: 400 });
    const first = order("in-flight", customerId);
    await until(async () => (await control().requests()).count > 0, {
      because: "the first request to reach Stripe",
      everyMs: 5,
    });
    const second = await order("in-flight", customerId);
    expect(second).toMatchObject({ status: 409, json: { code: "request_in_flight" } });
    expect(Number(second.headers.get("retry-after"))).toBeGreaterThan(0);
    await control().clearFaults();
    const answered = await first;
    expect(answered.status).toBe(201);
    expect((await order("in-flight", customerId)).json).toEqual(answered.json);
  });

  it("go on with the same purchase and session after a crash in the middle", async () => {
    const customerId = newCustomer();
    const first = await order("crashed", customerId);
    await reopenKey("crashed", 60);
    expect((await order("crashed", customerId)).status).toBe(409);
    await reopenKey("crashed", -1);
    await stack.database
      .db("purchases")
      .where({ checkout_session_id: sessionOf(first.json["checkoutUrl"]) })
      .update({ state: "created", checkout_session_id: null, checkout_url: null });
    const again = await order("crashed", customerId);
    expect(again.status).toBe(201);
    expect(again.headers.get("idempotent-replayed")).toBeNull();
    expect(again.json).toEqual(first.json);
  });

  it("answer paid after a crash, and sell no second time, when the reused checkout was paid by then", async () => {
    const customerId = newCustomer();
    const first = await order("first-click", customerId);
    const reused = await order("second-click", customerId);
    expect(reused.json["id"]).toBe(first.json["id"]);
    await reopenKey("second-click", -1);
    await control().pay(sessionOf(first.json["checkoutUrl"]));
    await stack.call("GET", `/v1/checkouts/${String(first.json["id"])}?wait=20`);
    const again = await order("second-click", customerId);
    expect(again.json).toMatchObject({ id: first.json["id"], status: "paid" });
  });

  it("are free to retry at once after Stripe failed, and end in one session", async () => {
    const customerId = newCustomer();
    await control().failRequests({ status: 500, count: 3, pathPrefix: "/v1/checkout/sessions" });
    const failed = await order("failed", customerId);
    expect(failed).toMatchObject({ status: 503, json: { code: "stripe_unavailable" } });
    await control().clearFaults();
    const before = await purchases();
    const retried = await order("failed", customerId);
    expect(retried.status).toBe(201);
    expect(await purchases()).toHaveLength(before.length);
  });

  it("keep the keys of two customers' retries apart from requests without a key", async () => {
    const customerId = newCustomer();
    const keyed = await order("apart", customerId);
    const bare = await stack.call("POST", "/v1/checkouts", {
      customerId,
      creditPackCode: testPack,
    });
    expect(bare.json["id"]).toBe(keyed.json["id"]);
    expect(bare.headers.get("idempotent-replayed")).toBeNull();
  });
});
