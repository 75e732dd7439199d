import type { Checkout, CheckoutOrder } from "@chargly/sdk";
import type { JsonObject } from "@chargly/stripe-simulator";
import { expect } from "vitest";
import { parsePublicId } from "../../src/kernel/ids.js";
import { invariants } from "../../src/app/invariants.js";
import { checkInvariants } from "../../src/ledger/check-invariants.js";
import { present } from "../../src/kernel/assert.js";
import {
  balanceOf,
  sessionOf,
  startTestStack,
  testPack,
  type TestStack,
} from "../support/stack.js";
import type { QueueBackend } from "../support/queue-backends.js";
import { until } from "../support/until.js";

/** A checkout as the API answered it, and its session at Stripe. */
export interface OpenCheckout {
  readonly customerId: string;
  readonly id: string;
  readonly sessionId: string;
}

/** One event of a payment, as the simulator keeps it. */
export interface SentEvent {
  readonly id: string;
  readonly type: string;
  readonly body: JsonObject;
}

/** A stack whose webhooks wait until a test sends them, in the order that the test says. */
export async function startHeldStack(queue: QueueBackend): Promise<TestStack> {
  const stack = await startTestStack({ queue });
  await stack.simulator.control.setDelivery({ mode: "hold" });
  return stack;
}

let customers = 0;

/** A customer that no other test of the run has. */
export function newCustomer(): string {
  customers += 1;
  return `user_${customers}`;
}

export async function openCheckout(
  stack: TestStack,
  order: Partial<CheckoutOrder> = {},
): Promise<OpenCheckout> {
  const started = await stack.chargly.checkouts.create({
    customerId: newCustomer(),
    creditPackCode: testPack,
    ...order,
  });
  const { customerId, id, checkoutUrl } = started;
  return { customerId, id, sessionId: sessionOf(checkoutUrl) };
}

/** The events about a checkout's session, its payment and its charges, oldest first. */
export async function eventsOf(
  stack: TestStack,
  { id: purchase, sessionId }: Pick<OpenCheckout, "id" | "sessionId">,
): Promise<readonly SentEvent[]> {
  const events = await stack.simulator.control.events();
  const payments = events.map(objectOf).filter((object) => {
    const metadata = object["metadata"];
    const named = isObject(metadata) ? metadata["chargly_purchase"] : undefined;
    return object["object"] === "payment_intent" && named === purchase;
  });
  const ids = new Set([sessionId, ...payments.map((payment) => String(payment["id"]))]);
  return events
    .filter((event) => {
      const object = objectOf(event);
      return ids.has(String(object["id"])) || ids.has(String(object["payment_intent"]));
    })
    .map((event) => ({ id: String(event["id"]), type: String(event["type"]), body: event }));
}

function objectOf(event: JsonObject): JsonObject {
  const data = event["data"];
  const object = isObject(data) ? data["object"] : undefined;
  return isObject(object) ? object : {};
}

function isObject(value: JsonObject[string] | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The id of the payment's event of that type. */
export async function eventOf(
  stack: TestStack,
  checkout: Pick<OpenCheckout, "id" | "sessionId">,
  type: string,
): Promise<SentEvent> {
  const events = await eventsOf(stack, checkout);
  return present(
    events.findLast((event) => event.type === type),
    `the payment has an event ${type}`,
  );
}

/** Posts an event as Stripe does, and answers with which status it was taken. */
export async function deliver(stack: TestStack, event: string | JsonObject): Promise<number> {
  const { body, header } = await stack.simulator.control.signedPayload(event, {
    secret: stack.webhookSecret,
  });
  const headers = { "stripe-signature": header, "content-type": "application/json" };
  const response = await fetch(stack.webhookUrl, { method: "POST", headers, body });
  await response.arrayBuffer();
  return response.status;
}

/** Sends events one after another, each after the one before had its effect. */
export async function sendInOrder(stack: TestStack, events: readonly SentEvent[]): Promise<void> {
  for (const { id } of events) {
    expect(await deliver(stack, id)).toBe(200);
    await inboxDone(stack);
  }
}

/** Waits until no event waits for a worker any more. */
export async function inboxDone(stack: TestStack): Promise<void> {
  await until(async () => (await statusesOf(stack, "received")) === 0, {
    because: "every event to be processed",
    timeoutMs: 20_000,
    everyMs: 10,
  });
}

async function statusesOf(stack: TestStack, status: string): Promise<number> {
  const rows = await stack.database.db("stripe_events").where({ status }).select("id");
  return rows.length;
}

/** What became of one event in the inbox. */
export async function inboxRow(stack: TestStack, eventId: string): Promise<InboxRow | undefined> {
  return stack.database
    .db<InboxRow>("stripe_events")
    .where("event_id", eventId)
    .first("status", "reason", "attempts");
}

export interface InboxRow {
  readonly status: string;
  readonly reason: string | null;
  readonly attempts: number;
}

export interface PurchaseState {
  readonly state: string;
  readonly problem: string | null;
  readonly quarantined_at: Date | null;
  readonly checkout_session_id: string | null;
  readonly payment_intent_id: string | null;
  readonly checks: number;
  readonly revision: bigint;
}

export async function purchaseRow(
  stack: TestStack,
  { id }: Pick<OpenCheckout, "id">,
): Promise<PurchaseState> {
  const row: PurchaseState | undefined = await stack.database
    .db("purchases")
    .where("id", present(parsePublicId("purchase", id), "a checkout names its purchase"))
    .first();
  return present(row, "the purchase was written");
}

export async function statusOf(
  stack: TestStack,
  { id }: Pick<OpenCheckout, "id">,
): Promise<Checkout["status"]> {
  return (await stack.chargly.checkouts.get(id)).status;
}

/** The wallet has got the credits exactly once: its whole statement is this one line. */
export async function expectOneGrant(
  stack: TestStack,
  { customerId, id }: Pick<OpenCheckout, "customerId" | "id">,
  credits = 500,
): Promise<void> {
  expect(await statusOf(stack, { id })).toBe("paid");
  const lines = await stack.chargly.transactions.list(customerId).toArray();
  expect(lines).toMatchObject([{ seq: 1, credits, kind: "purchase" }]);
  expect(await balanceOf(stack, customerId)).toBe(credits);
}

export async function expectNoGrant(
  stack: TestStack,
  { customerId }: Pick<OpenCheckout, "customerId">,
): Promise<void> {
  expect(await stack.chargly.transactions.list(customerId).toArray()).toEqual([]);
}

export async function expectCleanBooks(stack: TestStack): Promise<void> {
  const broken = (await checkInvariants(stack.database.db, { invariants })).filter(
    ({ offenders }) => offenders > 0,
  );
  expect(broken).toEqual([]);
}
