import { randomBytes } from "node:crypto";
import Stripe from "stripe";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { present } from "../../src/kernel/assert.js";
import { subscribedTypes } from "../../src/stripe-events/rules.js";
import { readWebhookTrust } from "../../src/tenancy/read-stripe-access.js";
import { dump } from "../wallets/api.js";
import { balanceOf, buy, startTestStack, type TestStack } from "../support/stack.js";
import { until } from "../support/until.js";
import { chargly, charglyHere, type Ran } from "./chargly.js";

let stack: TestStack;
let env: Record<string, string>;
const run = (line: string, input?: string): Promise<Ran> =>
  charglyHere([...line.split(" "), "--json"], { env, ...(input === undefined ? {} : { input }) });
const newKey = (kind = "rk_test_", end = ""): string => kind + randomBytes(8).toString("hex") + end;

beforeAll(async () => {
  stack = await startTestStack();
  env = { ...stack.env, PUBLIC_URL: stack.url };
});
afterAll(() => stack.stop());

async function openProject(name: string): Promise<string> {
  return (await run(`projects create --name ${name} --mode test`)).json().id;
}

function stripeOf(key: string): Stripe {
  const { host, port } = stack.simulator;
  return new Stripe(key, { host, port, protocol: "http" });
}

async function endpointsOf(key: string): Promise<Stripe.WebhookEndpoint[]> {
  return (await stripeOf(key).webhookEndpoints.list()).data;
}

describe("stripe connect", () => {
  it("checks the key, makes the endpoint with the SDK's version, and sees an event go through", async () => {
    const id = await openProject("fresh");
    const key = newKey();
    const ran = await chargly(["stripe", "connect", "--project", "fresh", "--json"], {
      env,
      input: `${key}\n`,
    });
    expect([ran.code, ran.stderr]).toEqual([0, ""]);
    const url = `${stack.url}/stripe/webhooks/${id}`;
    const report = ran.json();
    expect(report).toMatchObject({
      project: id,
      mode: "test",
      webhookUrl: url,
      connected: true,
      account: expect.stringMatching(/^acct_/),
      endpoint: {
        id: expect.stringMatching(/^we_/),
        apiVersion: Stripe.API_VERSION,
        outcome: "created",
      },
    });
    expect(report.permissions).toHaveLength(13);
    const steps = report.steps.map(
      ({ name, ok }: { name: string; ok: boolean }) => `${name} ${ok}`,
    );
    expect(steps.join(", ")).toBe(
      "permissions true, account true, endpoint true, connection true, event sent true, event arrived true, event processed true",
    );
    expect(ran.stdout).not.toContain(key);
    const [endpoint] = await endpointsOf(key);
    expect(endpoint).toMatchObject({
      url,
      status: "enabled",
      api_version: Stripe.API_VERSION,
      enabled_events: [...subscribedTypes],
      metadata: { chargly_project: id },
    });
    expect(await dump(stack.database)).not.toContain(key);
  }, 120_000);

  it("changes nothing when it is run again, repairs what was changed, and replaces what it has no secret of", async () => {
    await openProject("again");
    const key = newKey("sk_test_");
    const connect = (more = "--no-event") =>
      run(`stripe connect --project again --key - ${more}`, key);
    const first = (await connect()).json().endpoint;
    expect(first.outcome).toBe("created");
    expect((await connect()).json().endpoint).toEqual({ ...first, outcome: "verified" });
    await stripeOf(key).webhookEndpoints.update(first.id, {
      disabled: true,
      enabled_events: ["charge.succeeded"],
    });
    expect((await connect()).json().endpoint).toEqual({ ...first, outcome: "repaired" });
    const [repaired] = await endpointsOf(key);
    expect(repaired).toMatchObject({ status: "enabled", enabled_events: [...subscribedTypes] });
    await stripeOf(key).webhookEndpoints.del(first.id);
    const stranger = await stripeOf(key).webhookEndpoints.create({
      url: present(repaired, "there is an endpoint").url,
      enabled_events: ["*"],
    });
    const replaced = (await connect("--wait-seconds 20")).json();
    expect([replaced.connected, replaced.endpoint.outcome]).toEqual([true, "created"]);
    const left = (await endpointsOf(key)).map((endpoint) => endpoint.id);
    expect(left).toEqual([replaced.endpoint.id]);
    expect(left).not.toContain(stranger.id);
  });

  it("names what a read-only key lacks, and stores nothing", async () => {
    await openProject("poor");
    const before = await dump(stack.database, ["stripe_connections", "stripe_webhook_secrets"]);
    const key = newKey("rk_test_", "_readonly");
    const ran = await run("stripe connect --project poor", key);
    expect([ran.code, ran.error().code]).toEqual([1, "stripe_refused"]);
    for (const name of ["Checkout Sessions: write", "Customers: write", "Webhook Endpoints: write"])
      expect(ran.error().detail).toContain(name);
    expect(ran.error().detail).not.toContain("Refunds");
    expect(ran.json()).toMatchObject({ connected: false, endpoint: null });
    const missing = ran.json().permissions.filter(({ granted }: { granted: boolean }) => !granted);
    expect(missing).toHaveLength(3);
    expect(await endpointsOf(key)).toEqual([]);
    expect(await dump(stack.database, ["stripe_connections", "stripe_webhook_secrets"])).toBe(
      before,
    );
  });

  it.each([
    ["a revoked key", newKey("sk_test_", "_revoked"), "stripe_refused", "does not know this key"],
    ["a publishable key", newKey("pk_test_"), "invalid_request", "no key of Stripe for servers"],
    ["a live key", newKey("sk_live_"), "conflict", "test project"],
  ])("refuses %s", async (_title, key, code, words) => {
    const ran = await run("stripe connect --project test", key);
    expect([ran.code, ran.error().code]).toEqual([1, code]);
    expect(ran.error().detail).toContain(words);
    expect(ran.stdout + ran.stderr).not.toContain(key);
  });

  it("says when Stripe's event does not arrive, and where it should have", async () => {
    await openProject("lost");
    const line =
      "stripe connect --project lost --wait-seconds 1 --webhook-url http://127.0.0.1:9/hooks";
    const ran = await run(line, newKey());
    expect([ran.code, ran.json().connected]).toEqual([1, true]);
    expect(ran.error().detail).toContain(
      "did not arrive within 1 s. Check that web runs and answers at http://127.0.0.1:9/hooks",
    );
  });

  it("uses a signing secret that the environment names, and makes no endpoint", async () => {
    await openProject("listen");
    const key = newKey();
    const secret = `whsec_${randomBytes(16).toString("hex")}`;
    const withSecret = { ...env, STRIPE_SECRET_KEY: key, STRIPE_WEBHOOK_SECRET: secret };
    const args = "stripe connect --project listen --no-event --json".split(" ");
    const ran = await charglyHere(args, { env: withSecret });
    expect([ran.code, ran.json().endpoint]).toEqual([0, null]);
    expect(await endpointsOf(key)).toEqual([]);
    const trust = await readWebhookTrust(stack.ctx, await idOf("listen"));
    expect(trust?.secrets).toEqual([secret]);
  });
});

async function idOf(name: string) {
  const row = await stack.database.db("projects").where({ name }).first("id");
  return row.id;
}

describe("operators put right what went wrong", () => {
  it("releases a purchase once Stripe agrees again, and not before", async () => {
    const { id, sessionId } = await buy(stack, "user_held");
    await stack.simulator.control.patchObject(sessionId, { amount_subtotal: 1 });
    await stack.simulator.control.pay(sessionId);
    const held = await until(
      async () => (await run("purchases quarantined --project test")).json().data[0],
      { because: "the purchase to be quarantined" },
    );
    expect(held).toMatchObject({
      id,
      credits: 500,
      price: { amount: 999, display: "$9.99" },
      reason: expect.stringContaining("$0.01"),
      stripe: { checkoutSession: sessionId, livemode: false },
    });
    const tooEarly = await run(`purchases release ${id} --project test`);
    expect([tooEarly.code, tooEarly.error().code]).toEqual([1, "conflict"]);
    expect(tooEarly.error().detail).toContain("$0.01");
    expect(await balanceOf(stack, "user_held")).toBe(0);
    await stack.simulator.control.patchObject(sessionId, { amount_subtotal: 999 });
    const released = await run(`purchases release ${id} --project test`);
    expect([released.code, released.json().status]).toEqual([0, "paid"]);
    expect(await balanceOf(stack, "user_held")).toBe(500);
    const again = await run(`purchases release ${id} --project test`);
    expect([again.code, again.error().detail]).toEqual([
      1,
      expect.stringContaining("not quarantined"),
    ]);
    const audit = await stack.database.db("audit_log").where("action", "purchase.release");
    expect(audit).toMatchObject([
      { subject: id, actor: expect.stringMatching(/^cli:/), details: { state: "paid" } },
    ]);
  });

  it("has a given-up event processed again, and one that had its effect not", async () => {
    const { sessionId } = await buy(stack, "user_retry");
    await stack.simulator.control.pay(sessionId);
    await until(async () => (await balanceOf(stack, "user_retry")) === 500, {
      because: "the credits",
    });
    const inbox = stack.database.db("stripe_events");
    const processed = { type: "checkout.session.completed", status: "processed" };
    const find = (where: object) => async (): Promise<string | undefined> =>
      (await inbox.clone().where(where).first("event_id"))?.event_id;
    const event = await until(find(processed), { because: "the event to be processed" });
    const refused = await run(`events retry ${event} --project test`);
    expect([refused.code, refused.error().code]).toEqual([1, "conflict"]);
    const gaveUp = { status: "failed", reason: "Stripe was away" };
    await inbox.clone().where({ event_id: event }).update(gaveUp);
    const retried = await run(`events retry ${event} --project test`);
    expect(retried.json()).toEqual({ event, status: "received" });
    await until(find({ ...processed, event_id: event }), {
      because: "the sweep to ring and a worker to process it",
    });
    expect(await balanceOf(stack, "user_retry")).toBe(500);
  });
});

describe("doctor", () => {
  it("finds a running stack well, and everything looked at", async () => {
    const ran = await run("doctor");
    const { healthy, checks } = ran.json();
    const states = new Map(
      checks.map((each: { name: string; status: string }) => [each.name, each.status]),
    );
    expect([ran.code, healthy]).toEqual([0, true]);
    for (const name of "configuration database durability migrations clock queue scheduler inbox quarantine usage pause books".split(
      " ",
    ))
      expect([name, states.get(name)]).toEqual([name, "ok"]);
    for (const name of [
      "stripe (fresh)",
      "webhook (fresh)",
      "stripe clock (fresh)",
      "webhook (test)",
    ])
      expect([name, states.get(name)]).toEqual([name, "ok"]);
    expect(states.get("webhook (lost)")).toBe("warn");
    expect(states.get("stripe (poor)")).toBe("warn");
    const text = await charglyHere(["doctor", "--no-books"], { env });
    expect(text.stdout).toMatch(/^CHECK +STATE +DETAIL\nconfiguration +ok +valid\n/);
    expect(text.stdout).toContain("--no-books");
  });

  it("fails and says how to mend it: an endpoint that is gone, broken books", async () => {
    const key = newKey();
    await openProject("sick");
    const { endpoint } = (await run("stripe connect --project sick --no-event", key)).json();
    await stripeOf(key).webhookEndpoints.del(endpoint.id);
    const { db } = stack.database;
    await db.raw("alter table wallets disable trigger all");
    await db("wallets").where({ customer_id: "user_held" }).update({ available: 501_000_000 });
    const ran = await run("doctor");
    expect([ran.code, ran.error().code, ran.json().healthy]).toEqual([1, "unhealthy", false]);
    expect(ran.json().checks).toContainEqual({
      name: "webhook (sick)",
      status: "fail",
      detail: expect.stringContaining(`${endpoint.id} is gone`),
      fix: "Run: chargly stripe connect",
    });
    expect(ran.json().checks).toContainEqual({
      name: "books",
      status: "fail",
      detail: expect.stringContaining("every wallet's balances are the sums of its transfers"),
      fix: expect.any(String),
    });
  });
});
