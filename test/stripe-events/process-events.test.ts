import { Chargly } from "@chargly/sdk";
import type { JsonObject } from "@chargly/stripe-simulator";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { publicId } from "../../src/kernel/ids.js";
import { configureProject } from "../../src/tenancy/configure-project.js";
import { saveStripeConnection } from "../../src/tenancy/save-stripe-connection.js";
import { queueBackends } from "../support/queue-backends.js";
import { openTestProject, type TestStack } from "../support/stack.js";
import { until } from "../support/until.js";
import {
  deliver,
  eventOf,
  expectCleanBooks,
  expectNoGrant,
  expectOneGrant,
  inboxDone,
  type InboxRow,
  inboxRow,
  openCheckout,
  purchaseRow,
  startHeldStack,
} from "../journeys/payment-scene.js";

const completed = "checkout.session.completed";

describe.each(queueBackends)("events that bring no credits, queue on %s", (queue) => {
  let stack: TestStack;
  beforeAll(async () => {
    stack = await startHeldStack(queue);
  });
  afterAll(() => stack.stop());
  afterEach(() => expectCleanBooks(stack));

  const received = async (event: JsonObject): Promise<InboxRow | undefined> => {
    expect(await deliver(stack, event)).toBe(200);
    await inboxDone(stack);
    return inboxRow(stack, String(event["id"]));
  };

  const like = async (changes: JsonObject): Promise<JsonObject> => {
    const checkout = await openCheckout(stack);
    await stack.simulator.control.pay(checkout.sessionId);
    const { body } = await eventOf(stack, checkout, completed);
    return { ...body, ...changes };
  };

  it.each(["customer.deleted", "v9.thing.happened"])(
    "keeps the type %s, which nothing handles, to be processed later",
    async (type) => {
      const row = await received(await like({ id: `evt_unknown${type.length}`, type }));
      expect(row).toEqual({
        status: "unhandled",
        reason: `There is no handler for ${type}.`,
        attempts: 1,
      });
    },
  );

  it("ignores payments that no checkout led to, and says why", async () => {
    const { control } = stack.simulator;
    const foreign = { key: stack.stripeKey, amount: 999, currency: "usd" };
    await control.createForeignPayment(foreign);
    await control.createForeignPayment({ ...foreign, metadata: { chargly_purchase: "pur_1" } });
    const events = await control.events();
    const about = events.filter(({ type }) =>
      ["payment_intent.succeeded", "charge.succeeded"].includes(String(type)),
    );
    expect(about.length).toBeGreaterThanOrEqual(4);
    for (const event of about.slice(-4))
      expect(await received(event)).toMatchObject({
        status: "ignored",
        reason: "The payment is no purchase of this project.",
      });
  });

  it("ignores an object that Stripe does not know, or that is of another kind", async () => {
    const unknown = await like({
      id: "evt_unknown_session",
      data: { object: { id: "cs_test_unknown", object: "checkout.session" } },
    });
    expect(await received(unknown)).toMatchObject({ status: "ignored" });
    const mixed = { ...unknown, id: "evt_mixed", type: "charge.succeeded" };
    expect(await received(mixed)).toMatchObject({
      status: "ignored",
      reason: "It is about a checkout.session, not a charge.",
    });
  });

  it.each([
    ["another account", { account: "acct_other" }, /test mode of acct_other; the project/],
    ["the other mode", { livemode: true }, /live mode of acct_/],
  ] as const)("ignores an event of %s, and says of which", async (_, changes, reason) => {
    const row = await received(await like({ id: `evt_${reason.source.length}`, ...changes }));
    expect(row).toMatchObject({ status: "ignored", reason: expect.stringMatching(reason) });
  });
});

type Tenant = TestStack & {
  readonly connect: (connectedAccount: string | null, secretKey?: string) => Promise<void>;
};

describe.each(queueBackends)("events of an account that was disconnected, queue on %s", (queue) => {
  let stack: TestStack;
  beforeAll(async () => {
    stack = await startHeldStack(queue);
  });
  afterAll(() => stack.stop());

  /** A project of its own, because a connection that changes is in force everywhere only a second later. */
  const openProject = async (name: string): Promise<Tenant> => {
    const stripeKey = `${stack.stripeKey}${name}`;
    const apiKey = `chg_test_${name.padEnd(40, "0")}`;
    const keys = { stripeKey, apiKey, webhookSecret: stack.webhookSecret, name };
    const projectId = await openTestProject(stack.ctx, keys);
    const webhookUrl = `${stack.url}/stripe/webhooks/${publicId("project", projectId)}`;
    const call: TestStack["call"] = (method, path, body, headers) =>
      stack.call(method, path, body, { ...headers, authorization: `Bearer ${apiKey}` });
    const connect = async (connectedAccount: string | null, secretKey = stripeKey) => {
      await configureProject(stack.ctx, {
        name,
        mode: "test",
        allowedOrigins: [],
        apiKey: undefined,
        stripe: { secretKey, connectedAccount, webhookSecrets: [stack.webhookSecret] },
      });
    };
    const chargly = new Chargly({ apiKey, baseUrl: stack.url, maxRetries: 0 });
    return { ...stack, projectId, stripeKey, webhookUrl, chargly, call, connect };
  };

  const firstAttempt = (eventId: string) =>
    until(
      async () => {
        const seen = await inboxRow(stack, eventId);
        return seen !== undefined && seen.attempts > 0 && seen;
      },
      { because: "the first attempt" },
    );

  it("wait in their rows with the reason, and give nothing", async () => {
    const { control } = stack.simulator;
    const project = await openProject("platform");
    await project.connect("acct_merchant");
    const checkout = await openCheckout(project);
    await control.pay(checkout.sessionId);
    const { id, body } = await eventOf(project, checkout, completed);
    expect(body["account"]).toBe("acct_merchant");
    await control.disconnectAccount({ key: project.stripeKey, account: "acct_merchant" });
    expect(await deliver(project, id)).toBe(200);
    expect(await firstAttempt(id)).toMatchObject({
      status: "received",
      reason: expect.stringMatching(/does not accept the project's key/),
    });
    await expectNoGrant(project, checkout);
    await expectCleanBooks(stack);
  });

  it("are credited by themselves when a revoked key was replaced", async () => {
    const project = await openProject("revoked");
    const checkout = await openCheckout(project);
    await stack.simulator.control.pay(checkout.sessionId);
    const { id } = await eventOf(project, checkout, completed);
    const { id: accountId } = await stack.simulator.control.account(project.stripeKey);
    const connection = { accountId: String(accountId), connectedAccount: null, endpointId: null };
    await saveStripeConnection(
      stack.ctx,
      { id: project.projectId, mode: "test" },
      { ...connection, secretKey: "sk_test_1_revoked", webhookSecrets: [] },
      "test",
    );
    expect(await deliver(project, id)).toBe(200);
    expect(await firstAttempt(id)).toMatchObject({ status: "received" });
    await project.connect(null);
    await until(async () => (await inboxRow(stack, id))?.status === "processed", {
      because: "the event's next attempt",
      timeoutMs: 20_000,
    });
    expect(await inboxRow(stack, id)).toMatchObject({ status: "processed", reason: null });
    await expectOneGrant(project, checkout);
    await expectCleanBooks(stack);
  });

  it("do not keep the project from selling in its new account", async () => {
    const project = await openProject("moved");
    const before = await openCheckout(project);
    const newKey = `${project.stripeKey}new`;
    await project.connect(null, newKey);
    const after = await openCheckout(project, { customerId: before.customerId });
    expect(after.id).not.toBe(before.id);
    await stack.simulator.control.pay(after.sessionId);
    const { id } = await eventOf(project, after, completed);
    expect(await deliver(project, id)).toBe(200);
    await until(async () => (await inboxRow(stack, id))?.status === "processed", {
      because: "the new account's event",
    });
    await expectOneGrant(project, after);
    expect((await purchaseRow(project, before)).state).toBe("pending");
  });
});
