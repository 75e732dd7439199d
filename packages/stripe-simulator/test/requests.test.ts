import Stripe from "stripe";
import { describe, expect, it } from "vitest";
import { openSimulator, packParams, sdk } from "./open-simulator.js";

const world = openSimulator();

/** Posts form fields as they are, without the SDK's types in the way. */
async function post(
  path: string,
  body: string,
  headers: Record<string, string> = {},
): Promise<{ status: number; headers: Headers; body: Record<string, never> & { error?: object } }> {
  const response = await fetch(`${world.simulator.url}${path}`, {
    method: "POST",
    headers: {
      Authorization: "Bearer sk_test_requests",
      "Content-Type": "application/x-www-form-urlencoded",
      ...headers,
    },
    body,
  });
  const answer: Record<string, never> & { error?: object } = JSON.parse(await response.text());
  return { status: response.status, headers: response.headers, body: answer };
}

async function refusal(work: Promise<unknown>): Promise<Stripe.errors.StripeError> {
  const outcome = await work.then(
    () => null,
    (error: unknown) => error,
  );
  if (outcome instanceof Stripe.errors.StripeError) return outcome;
  throw new Error(`expected a refusal, got ${String(outcome)}`);
}

describe("parameters", () => {
  it.each([
    ["/v1/customers", "foo=1", "parameter_unknown", "foo"],
    ["/v1/customers", "address[planet]=x", "parameter_unknown", "address[planet]"],
    ["/v1/customers", "__proto__[a]=1", "parameter_unknown", "__proto__"],
    ["/v1/payment_intents", "currency=usd", "parameter_missing", "amount"],
    ["/v1/payment_intents", "amount=12.5&currency=usd", "parameter_invalid_integer", "amount"],
    ["/v1/payment_intents", "amount=1e3&currency=usd", "parameter_invalid_integer", "amount"],
    ["/v1/payment_intents", "amount=0&currency=usd", "parameter_invalid_integer", "amount"],
    ["/v1/payment_intents", "amount=500&currency=usd&confirm=maybe", undefined, "confirm"],
    ["/v1/checkout/sessions", "mode=gift&success_url=http://x.test", undefined, "mode"],
    ["/v1/checkout/sessions", "mode=payment", "parameter_missing", "success_url"],
    [
      "/v1/checkout/sessions",
      "mode=payment&success_url=http://x.test&payment_method_types[]=card",
      "parameter_unknown",
      "payment_method_types",
    ],
    [
      "/v1/checkout/sessions",
      "mode=payment&success_url=http://x.test&line_items[0][price_data][unit_amount]=5",
      "parameter_missing",
      "line_items[0][price_data][currency]",
    ],
    ["/v1/webhook_endpoints", "url=http://x.test", "parameter_missing", "enabled_events"],
  ])("POST %s with %s is refused as Stripe refuses it", async (path, body, code, param) => {
    const answer = await post(path, body);
    expect(answer.status).toBe(400);
    expect(answer.body.error).toMatchObject({ type: "invalid_request_error", param });
    if (code !== undefined) expect(answer.body.error).toMatchObject({ code });
  });

  it("checkout sessions expire between 30 minutes and 24 hours from now", async () => {
    const now = Math.floor(Date.now() / 1_000);
    const { sessions } = world.stripe.checkout;
    for (const seconds of [60, 86_400 * 2]) {
      const error = await refusal(sessions.create(packParams({ expires_at: now + seconds })));
      expect(error).toMatchObject({ statusCode: 400, param: "expires_at" });
    }
    const session = await sessions.create(packParams({ expires_at: now + 1_800 }));
    expect(session.expires_at).toBe(now + 1_800);
  });

  it("metadata is merged, and an empty value removes a key", async () => {
    const { customers } = world.stripe;
    const { id } = await customers.create({ metadata: { a: "1", b: "2" } });
    const changed = await customers.update(id, { metadata: { a: "", c: "3" } });
    expect(changed.metadata).toEqual({ b: "2", c: "3" });
    expect((await customers.update(id, { metadata: "" })).metadata).toEqual({});
  });

  it("names what cannot be expanded, and how deep one may go", async () => {
    const { id } = await world.stripe.customers.create();
    const unknown = await refusal(world.stripe.customers.retrieve(id, { expand: ["foo"] }));
    expect(unknown.message).toContain("cannot be expanded (foo)");
    const deep = await refusal(world.stripe.customers.retrieve(id, { expand: ["a.b.c.d.e"] }));
    expect(deep.message).toContain("more than 4 levels");
  });
});

describe("keys", () => {
  it.each([
    ["sk_test_x_revoked", 401],
    ["pk_test_x", 401],
    ["rk_test_x_readonly", 403],
  ])("%s may not write: %i", async (key, status) => {
    const error = await refusal(sdk(world.simulator, key).customers.create());
    expect(error.statusCode).toBe(status);
  });

  it("a restricted key that may only read can read", async () => {
    const list = await sdk(world.simulator, "rk_test_x_readonly").customers.list();
    expect(list.data).toEqual([]);
  });

  it("each key has an account of its own, unless two are linked", async () => {
    const one = sdk(world.simulator, "sk_test_one");
    const { id } = await one.customers.create();
    const two = sdk(world.simulator, "sk_test_two");
    expect((await refusal(two.customers.retrieve(id))).statusCode).toBe(404);
    await world.simulator.control.linkKey({ key: "rk_test_one", accountOf: "sk_test_one" });
    expect((await sdk(world.simulator, "rk_test_one").customers.retrieve(id)).id).toBe(id);
  });

  it("test and live mode, and connected accounts, keep their objects apart", async () => {
    await world.simulator.control.linkKey({ key: "sk_live_one", accountOf: "sk_test_one" });
    const { id } = await sdk(world.simulator, "sk_test_one").customers.create();
    const live = sdk(world.simulator, "sk_live_one");
    expect((await refusal(live.customers.retrieve(id))).statusCode).toBe(404);
    const platform = sdk(world.simulator, "sk_test_one");
    const onBehalf = { stripeAccount: "acct_connected1" };
    const inside = await platform.customers.create({}, onBehalf);
    expect((await refusal(platform.customers.retrieve(inside.id))).statusCode).toBe(404);
    expect((await platform.customers.retrieve(inside.id, {}, onBehalf)).id).toBe(inside.id);
    const stranger = sdk(world.simulator, "sk_test_two");
    const error = await refusal(stranger.customers.list({}, onBehalf));
    expect(error).toMatchObject({ statusCode: 403, code: "account_invalid" });
  });
});

describe("idempotency", () => {
  it("replays the first answer to the same key, and refuses other parameters", async () => {
    const headers = { "Idempotency-Key": "one" };
    const first = await post("/v1/customers", "email=a@example.com", headers);
    const again = await post("/v1/customers", "email=a@example.com", headers);
    expect(again.body).toEqual(first.body);
    expect(first.headers.get("idempotent-replayed")).toBeNull();
    expect(again.headers.get("idempotent-replayed")).toBe("true");
    const other = await post("/v1/customers", "email=b@example.com", headers);
    expect(other).toMatchObject({ status: 400, body: { error: { type: "idempotency_error" } } });
  });

  it("answers 409 while the first request with a key is in flight", async () => {
    await world.simulator.control.latency({ ms: 200 });
    const headers = { "Idempotency-Key": "slow" };
    const answers = await Promise.all([
      post("/v1/customers", "", headers),
      post("/v1/customers", "", headers),
    ]);
    await world.simulator.control.latency({ ms: 0 });
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409]);
  });
});

describe("lists", () => {
  it("pages through everything once, newest first, and backwards in time order", async () => {
    const stripe = sdk(world.simulator, "sk_test_pages");
    const made: string[] = [];
    for (let index = 0; index < 25; index += 1) made.push((await stripe.customers.create()).id);
    const seen: string[] = [];
    for await (const { id } of stripe.customers.list({ limit: 10 })) seen.push(id);
    expect(seen).toEqual([...made].reverse());
    const page = await stripe.customers.list({ limit: 3, ending_before: made[4] ?? "" });
    expect(page.data.map(({ id }) => id)).toEqual([made[7], made[6], made[5]]);
    expect(page.has_more).toBe(true);
  });

  it("filters by creation time and refuses a limit over 100", async () => {
    const stripe = sdk(world.simulator, "sk_test_created");
    const old = await stripe.customers.create();
    await world.simulator.control.advance({ seconds: 100 });
    const fresh = await stripe.customers.create();
    const after = await stripe.customers.list({ created: { gt: old.created } });
    expect(after.data.map(({ id }) => id)).toEqual([fresh.id]);
    const before = await stripe.customers.list({ created: { lte: old.created } });
    expect(before.data.map(({ id }) => id)).toEqual([old.id]);
    expect(await refusal(stripe.customers.list({ limit: 101 }))).toMatchObject({ param: "limit" });
  });

  it("events take at most 20 types", async () => {
    const types = Array.from({ length: 21 }, () => "charge.succeeded");
    expect(await refusal(world.stripe.events.list({ types }))).toMatchObject({ param: "types" });
  });
});

describe("faults", () => {
  it("fails as many requests as told, and the SDK's retry gets through", async () => {
    const { control } = world.simulator;
    await control.failRequests({ status: 500, count: 1 });
    const retrying = sdk(world.simulator, "sk_test_faults", { maxNetworkRetries: 2 });
    expect((await retrying.customers.create()).object).toBe("customer");
    await control.failRequests({ status: 429, count: 1, retryAfterSec: 1 });
    const limited = await refusal(sdk(world.simulator, "sk_test_faults").customers.list());
    expect(limited).toBeInstanceOf(Stripe.errors.StripeRateLimitError);
  });

  it("does the work once when only the answer is lost", async () => {
    const { control } = world.simulator;
    const stripe = sdk(world.simulator, "sk_test_lost", { maxNetworkRetries: 2 });
    await control.resetLog();
    await control.failRequests({ status: "reset", count: 1, method: "POST", afterEffect: true });
    await stripe.customers.create({ email: "once@example.com" });
    expect((await stripe.customers.list()).data).toHaveLength(1);
    const log = await control.requests({ pathPrefix: "/v1/customers" });
    expect(log.requests.map(({ method, status }) => [method, status])).toEqual([
      ["POST", 0],
      ["POST", 200],
      ["GET", 200],
    ]);
    expect(new Set(log.requests.slice(0, 2).map((entry) => entry.idempotencyKey)).size).toBe(1);
  });

  it("leaves a request without answer until the client gives up", async () => {
    await world.simulator.control.failRequests({ status: "timeout", count: 1 });
    const stripe = sdk(world.simulator, "sk_test_faults", { timeout: 100 });
    const error = await refusal(stripe.customers.list());
    expect(error).toBeInstanceOf(Stripe.errors.StripeConnectionError);
    await world.simulator.control.failRequests({ status: 500, count: 5 });
    await world.simulator.control.clearFaults();
    expect((await stripe.customers.list()).object).toBe("list");
  });
});
