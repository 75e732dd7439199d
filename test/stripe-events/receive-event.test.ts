import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type ProjectId, publicId } from "../../src/kernel/ids.js";
import { problemContentType } from "../../src/platform/http/problem.js";
import { processEvents } from "../../src/stripe-events/process-events.js";
import type { StripeEventId } from "../../src/stripe-events/rules.js";
import { createProject } from "../../src/tenancy/create-project.js";
import { saveStripeConnection } from "../../src/tenancy/save-stripe-connection.js";
import { openTestProject, startTestStack, type TestStack } from "../support/stack.js";
import { eventOf, headerOf } from "./signed.js";

let stack: TestStack;
beforeAll(async () => {
  stack = await startTestStack({ roles: ["web"] });
});
afterAll(() => stack.stop());

const nowSeconds = () => Math.floor(Date.now() / 1_000);
const random = () => randomBytes(12).toString("hex");
const newSecret = () => `whsec_${random()}`;
const newEventId = () => `evt_${random()}`;
const accountOf = async (stripeKey: string) =>
  String((await stack.simulator.control.account(stripeKey))["id"]);

/** A project of its own, so that nothing about its secrets is remembered yet. */
async function openReceiver(): Promise<{
  id: ProjectId;
  key: string;
  secret: string;
  url: string;
}> {
  const [key, secret] = [`sk_test_${random()}`, newSecret()];
  const id = await openTestProject(stack.ctx, {
    stripeKey: key,
    apiKey: `chg_test_${random()}${random()}`,
    webhookSecret: secret,
    name: random(),
  });
  return { id, key, secret, url: `${stack.url}/stripe/webhooks/${publicId("project", id)}` };
}

interface Sent {
  readonly url?: string;
  readonly secret?: string;
  readonly header?: string | undefined;
}

async function deliver(event: unknown, sent: Sent = {}): Promise<Response> {
  const body = typeof event === "string" || Buffer.isBuffer(event) ? event : JSON.stringify(event);
  const signature =
    "header" in sent
      ? sent.header
      : headerOf(body, sent.secret ?? stack.webhookSecret, nowSeconds());
  return fetch(sent.url ?? stack.webhookUrl, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      ...(signature === undefined ? {} : { "stripe-signature": signature }),
    },
    body,
  });
}

interface Stored {
  readonly id: StripeEventId;
  readonly account_id: string;
  readonly livemode: boolean;
  readonly status: string;
  readonly reason: string | null;
  readonly payload: unknown;
}

const inbox = (eventId?: string): Promise<Stored[]> =>
  stack.database.db("stripe_events").where(eventId === undefined ? {} : { event_id: eventId });

async function expectRefused(response: Response, status: number, code: string): Promise<void> {
  const problem: unknown = await response.json();
  expect(problem).toMatchObject({ status, code, type: `/docs#${code}` });
  expect(response.status).toBe(status);
  expect(response.headers.get("content-type")).toContain(problemContentType);
  expect(JSON.stringify(problem)).not.toContain(stack.webhookSecret);
}

describe("an event that Stripe signed", () => {
  it("is stored once and answered 200, also when it comes again, at the same moment or later", async () => {
    const event = eventOf(newEventId());
    const together = await Promise.all(Array.from({ length: 5 }, () => deliver(event)));
    const later = await deliver(event);
    expect([...together, later].map(({ status }) => status)).toEqual([
      200, 200, 200, 200, 200, 200,
    ]);
    const stored = await inbox(String(event["id"]));
    expect(stored).toMatchObject([{ status: "received", livemode: false, payload: event }]);
    expect(stored[0]?.account_id).toBe(await accountOf(stack.stripeKey));
  });

  it("is counted as recorded once, and as a duplicate after that", async () => {
    const count = async (outcome: string) => {
      const text = await stack.ctx.metrics.render();
      const line = new RegExp(`^\\S*stripe_webhooks_total\\{outcome="${outcome}"\\} (\\d+)$`, "m");
      return Number(line.exec(text)?.[1] ?? 0);
    };
    const event = eventOf(newEventId());
    const before = [await count("recorded"), await count("duplicate")];
    for (let n = 0; n < 3; n++) await deliver(event);
    const after = [await count("recorded"), await count("duplicate")];
    expect(after).toEqual([(before[0] ?? 0) + 1, (before[1] ?? 0) + 2]);
  });

  it("is taken with the second of two secrets, and at almost 300 seconds", async () => {
    const { id, key, secret, url } = await openReceiver();
    const [second, accountId] = [newSecret(), await accountOf(key)];
    const connection = { secretKey: key, accountId, connectedAccount: null, endpointId: null };
    await saveStripeConnection(
      stack.ctx,
      { id, mode: "test" },
      { ...connection, webhookSecrets: [secret, second] },
      "test",
    );
    for (const each of [second, secret])
      expect((await deliver(eventOf(newEventId()), { url, secret: each })).status).toBe(200);
    const event = JSON.stringify(eventOf(newEventId()));
    const header = headerOf(event, secret, nowSeconds() - 290);
    expect((await deliver(event, { url, header })).status).toBe(200);
  });

  it("is taken with a replaced secret until its time is over, and not after that", async () => {
    const { id, key, secret, url } = await openReceiver();
    const [fresh, accountId] = [newSecret(), await accountOf(key)];
    const connection = { secretKey: key, accountId, connectedAccount: null, endpointId: null };
    const project = { id, mode: "test" } as const;
    await saveStripeConnection(
      stack.ctx,
      project,
      { ...connection, webhookSecrets: [fresh] },
      "test",
    );
    for (const each of [fresh, secret])
      expect((await deliver(eventOf(newEventId()), { url, secret: each })).status).toBe(200);
    await stack.database
      .db("stripe_webhook_secrets")
      .where({ project_id: id })
      .whereNotNull("retires_at")
      .update({ retires_at: stack.database.db.raw("now() - interval '1 second'") });
    const another = await stack.start(["web"]); // knows nothing of before
    const elsewhere = url.replace(stack.url, another.url ?? "");
    const late = eventOf(newEventId());
    await expectRefused(await deliver(late, { url: elsewhere, secret }), 400, "invalid_signature");
    expect(await inbox(String(late["id"]))).toEqual([]);
    expect((await deliver(late, { url: elsewhere, secret: fresh })).status).toBe(200);
  });

  it.each([
    ["a connected account", { account: "acct_connected" }, /test mode of acct_connected; .* test/],
    ["the other mode", { livemode: true }, /live mode of acct_\w+; .* test mode/],
  ])("and comes from %s is stored, but ignored with the reason", async (_what, change, reason) => {
    const event = eventOf(newEventId(), change);
    expect((await deliver(event)).status).toBe(200);
    const [stored] = await inbox(String(event["id"]));
    expect(stored).toMatchObject({ status: "received" });
    await processEvents(stack.ctx, stored === undefined ? [] : [stored.id]);
    const [processed] = await inbox(String(event["id"]));
    expect(processed?.status).toBe("ignored");
    expect(processed?.reason).toMatch(reason);
  });

  it("and holds what Postgres cannot read is stored and processed like its neighbours", async () => {
    const object = { id: "cs_test_a\u0000b", object: "checkout.session" };
    const events = [eventOf(newEventId(), { data: { object } }), eventOf(newEventId())];
    const answers = await Promise.all(events.map((event) => deliver(event)));
    expect(answers.map(({ status }) => status)).toEqual([200, 200]);
    const stored = (await Promise.all(events.map(({ id }) => inbox(String(id))))).flat();
    await processEvents(
      stack.ctx,
      stored.map(({ id }) => id),
    );
    for (const { id } of events)
      expect(await inbox(String(id))).toMatchObject([{ status: "ignored" }]);
  });
});

describe("nothing is stored", () => {
  const body = JSON.stringify(eventOf("evt_refused"), null, 2);
  const signed = () => headerOf(body, stack.webhookSecret, nowSeconds());
  const v1 = () => signed().split("v1=")[1] ?? "";
  const flipped = (text: string) => text.slice(0, -1) + (text.endsWith("0") ? "1" : "0");

  it.each([
    ["without a signature", () => [body, undefined]],
    ["with an empty signature", () => [body, ""]],
    ["with another secret", () => [body, headerOf(body, newSecret(), nowSeconds())]],
    ["with one byte of the body changed", () => [body.replace("d", "e"), signed()]],
    ["with one byte of the signature changed", () => [body, flipped(signed())]],
    ["with the JSON written anew", () => [JSON.stringify(JSON.parse(body)), signed()]],
    ["301 seconds old", () => [body, headerOf(body, stack.webhookSecret, nowSeconds() - 301)]],
    ["from the future", () => [body, headerOf(body, stack.webhookSecret, nowSeconds() + 310)]],
    ["with an old scheme only", () => [body, `t=${nowSeconds()},v0=${v1()}`]],
    ["without a body", () => ["", signed()]],
  ] as const)("of a delivery %s: 400", async (_what, delivery) => {
    const [sent, header] = delivery();
    await expectRefused(await deliver(sent, { header }), 400, "invalid_signature");
    expect(await inbox("evt_refused")).toEqual([]);
  });

  it("but of one with two signatures, one of them right, it is", async () => {
    const event = JSON.stringify(eventOf(newEventId()));
    const right = headerOf(event, stack.webhookSecret, nowSeconds());
    const header = right.replace("v1=", `v1=${"0".repeat(64)},v1=`);
    expect((await deliver(event, { header })).status).toBe(200);
  });

  it.each([
    ["a thin event", { id: "evt_refused", object: "v2.core.event", type: "v1.x", livemode: false }],
    ["no event", { id: "evt_refused" }],
    ["nothing", ""],
    ["a name that no row can hold", eventOf("evt_refused", { type: "a\u0000" })],
    ["endless nesting", `${'{"a":'.repeat(100_000)}1${"}".repeat(100_000)}`],
  ])("of a signed body that is %s: 400, and its neighbours are stored", async (_what, event) => {
    const neighbours = Array.from({ length: 4 }, () => eventOf(newEventId()));
    const [refused, ...taken] = await Promise.all([
      deliver(event),
      ...neighbours.map((each) => deliver(each)),
    ]);
    await expectRefused(refused, 400, "invalid_request");
    expect(taken.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    expect(await inbox("evt_refused")).toEqual([]);
  });

  it("of more than 1 MB, signed or not: 413; up to that it is taken", async () => {
    const sized = (id: string, bytes: number) => {
      const empty = JSON.stringify(eventOf(id, { note: "" }));
      return JSON.stringify(eventOf(id, { note: "x".repeat(bytes - empty.length) }));
    };
    const tooLarge = sized("evt_refused", 1024 * 1024 + 1);
    await expectRefused(await deliver(tooLarge), 413, "body_too_large");
    await expectRefused(await deliver(tooLarge, { header: undefined }), 413, "body_too_large");
    expect(await inbox("evt_refused")).toEqual([]);
    expect((await deliver(sized(newEventId(), 1024 * 1024))).status).toBe(200);
  });

  it("for a project that nobody knows, that has no Stripe, or whose id is none: 404", async () => {
    const unconnected = await createProject(
      stack.ctx,
      { name: random(), mode: "test", allowedOrigins: [] },
      "test",
    );
    const paths = [
      publicId("project", unconnected.id),
      "prj_01k2x3v9g7f6q8r5s4t3w2y1z0",
      "prj_",
      "prj_01",
      stack.projectId,
      stack.projectId.replaceAll("-", ""),
      publicId("project", stack.projectId).toUpperCase(),
      publicId("project", stack.projectId).replace("prj", "key"),
      `${publicId("project", stack.projectId)}%00`,
      `${publicId("project", stack.projectId)}/more`,
      "..%2f..%2fhealthz",
      "%E0%A4%A",
      "x".repeat(5_000),
      "",
    ];
    for (const path of paths) {
      const response = await deliver(body, { url: `${stack.url}/stripe/webhooks/${path}` });
      expect(response.status, path).toBe(404);
      await expectRefused(response, 404, "not_found");
    }
    expect(await inbox("evt_refused")).toEqual([]);
  });

  it("with the right secret of another project: 400, in both directions", async () => {
    const other = await openReceiver();
    const there = await deliver(body, { url: other.url });
    await expectRefused(there, 400, "invalid_signature");
    await expectRefused(await deliver(body, { secret: other.secret }), 400, "invalid_signature");
    expect(await inbox("evt_refused")).toEqual([]);
    expect((await deliver(eventOf(newEventId()), other)).status).toBe(200);
  });

  it.each(["GET", "PUT", "DELETE", "PATCH"])("of a %s: 404", async (method) => {
    const before = (await inbox()).length;
    const response = await fetch(stack.webhookUrl, {
      method,
      headers: { "stripe-signature": signed() },
      ...(method === "GET" ? {} : { body }),
    });
    await expectRefused(response, 404, "not_found");
    expect(await inbox()).toHaveLength(before);
  });
});
