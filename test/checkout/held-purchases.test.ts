import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { releasePurchase } from "../../src/checkout/release-purchase.js";
import { present } from "../../src/kernel/assert.js";
import { parsePublicId } from "../../src/kernel/ids.js";
import { configureProject } from "../../src/tenancy/configure-project.js";
import { queueBackends } from "../support/queue-backends.js";
import { balanceOf, type TestStack } from "../support/stack.js";
import {
  deliver,
  eventOf,
  expectCleanBooks,
  expectOneGrant,
  inboxRow,
  openCheckout,
  type OpenCheckout,
  purchaseRow,
  sendInOrder,
  startHeldStack,
  statusOf,
} from "../journeys/payment-scene.js";

const completed = "checkout.session.completed";
const purchaseIdOf = ({ id }: OpenCheckout) =>
  present(parsePublicId("purchase", id), "a checkout names its purchase");

describe.each(queueBackends)("purchases that cannot be settled now, queue on %s", (queue) => {
  let stack: TestStack;
  beforeAll(async () => {
    stack = await startHeldStack(queue);
  });
  afterAll(() => stack.stop());
  afterEach(() => expectCleanBooks(stack));

  const connect = (secretKey: string) =>
    configureProject(stack.ctx, {
      name: "test",
      mode: "test",
      allowedOrigins: ["https://app.example.com"],
      apiKey: undefined,
      stripe: { secretKey, connectedAccount: null, webhookSecrets: [stack.webhookSecret] },
    });
  const sessionReads = async () => {
    const { requests } = await stack.simulator.control.requests({
      pathPrefix: "/v1/checkout/sessions/",
    });
    return requests.length;
  };
  const nextCheck = async (checkout: OpenCheckout) => {
    const row: { next_check_at: Date | null } | undefined = await stack.database
      .db("purchases")
      .where("id", purchaseIdOf(checkout))
      .first("next_check_at");
    return row?.next_check_at;
  };

  it("are not looked for in another account, say why, and are credited once their own is back", async () => {
    const { control } = stack.simulator;
    const checkout = await openCheckout(stack);
    const otherKey = `${stack.stripeKey}other`;
    await connect(otherKey);
    await control.resetLog();
    const { id: left } = await control.account(stack.stripeKey);
    const { id: current } = await control.account(otherKey);
    for (const _ of [1, 2]) {
      const { json } = await stack.call("GET", `/v1/checkouts/${checkout.id}?wait=1`);
      expect(json).toMatchObject({
        status: "pending",
        problem: `The project was connected to the Stripe account ${String(current)} after this checkout began in ${String(left)}.`,
      });
    }
    expect(await sessionReads()).toBe(0);
    expect(await nextCheck(checkout)).toBeNull();
    expect(Number((await purchaseRow(stack, checkout)).revision)).toBe(2); // its session, and this
    const inOther = await openCheckout(stack, { customerId: checkout.customerId });
    expect(inOther.id).not.toBe(checkout.id);
    await connect(stack.stripeKey);
    await control.pay(checkout.sessionId);
    await sendInOrder(stack, [await eventOf(stack, checkout, completed)]);
    expect((await purchaseRow(stack, checkout)).problem).toBeNull();
    await expectOneGrant(stack, checkout);
  });

  it("are quarantined when the wallet would be too full, and credited when they are released later", async () => {
    const checkout = await openCheckout(stack);
    const wallet = `/v1/wallets/${checkout.customerId}`;
    const fill = { credits: 999_999_600, reason: "fills it" };
    expect((await stack.call("POST", `${wallet}/grants`, fill)).status).toBe(201);
    await stack.simulator.control.pay(checkout.sessionId);
    const event = await eventOf(stack, checkout, completed);
    expect(await deliver(stack, event.id)).toBe(200);
    const { json } = await stack.call("GET", `/v1/checkouts/${checkout.id}?wait=20`);
    const problem =
      "It was paid as agreed, but the wallet cannot take 500 credits more: it would reach 1000000000.";
    expect(json).toMatchObject({ status: "quarantined", problem, paidAt: null });
    await sendInOrder(stack, [event]);
    expect(await inboxRow(stack, event.id)).toMatchObject({ status: "processed" });
    expect(await nextCheck(checkout)).toBeNull();
    const release = () =>
      releasePurchase(stack.ctx, stack.projectId, purchaseIdOf(checkout), "cli:test");
    await expect(release()).rejects.toMatchObject({ code: "conflict" });
    const room = { credits: -1_000, reason: "makes room" };
    const corrected = await stack.call("POST", `${wallet}/corrections`, room);
    expect(corrected.status, JSON.stringify(corrected.json)).toBeLessThan(300);
    expect(await release()).toMatchObject({ state: "paid", problem: null });
    expect(await statusOf(stack, checkout)).toBe("paid");
    expect(await balanceOf(stack, checkout.customerId)).toBe(999_999_100);
  });
});
