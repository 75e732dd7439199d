import type { ChargeReference, JsonObject } from "@chargly/stripe-simulator";
import { expect } from "vitest";
import { settlePurchase } from "../../../src/checkout/settle-purchase.js";
import { present } from "../../../src/kernel/assert.js";
import { parsePublicId, type PurchaseId } from "../../../src/kernel/ids.js";
import {
  eventsOf,
  inboxDone,
  type OpenCheckout,
  openCheckout,
  purchaseRow,
  sendInOrder,
  type SentEvent,
  startHeldStack,
} from "../../journeys/payment-scene.js";
import type { QueueBackend } from "../../support/queue-backends.js";
import type { TestStack } from "../../support/stack.js";

/** A checkout that was paid, and its payment at Stripe. */
export interface PaidCheckout extends OpenCheckout {
  readonly purchaseId: PurchaseId;
  readonly paymentIntent: string;
}

/** Paid at Stripe; of its events none was sent. */
export async function paidCheckout(
  stack: TestStack,
  order: Readonly<Record<string, unknown>> = {},
): Promise<PaidCheckout> {
  const checkout = await openCheckout(stack, order);
  const session = await stack.simulator.control.pay(checkout.sessionId);
  return {
    ...checkout,
    purchaseId: present(parsePublicId("purchase", checkout.id), "a checkout names its purchase"),
    paymentIntent: String(session["payment_intent"]),
  };
}

/** Paid and granted. */
export async function boughtCheckout(
  stack: TestStack,
  order: Readonly<Record<string, unknown>> = {},
): Promise<PaidCheckout> {
  const checkout = await paidCheckout(stack, order);
  await sendInOrder(stack, await eventsOf(stack, checkout));
  expect(await purchaseRow(stack, checkout)).toMatchObject({ state: "paid" });
  return checkout;
}

/** What happens to a payment at Stripe, and the events that tell of it, oldest first. */
export async function eventsSince(
  stack: TestStack,
  checkout: OpenCheckout,
  act: () => Promise<unknown>,
): Promise<readonly SentEvent[]> {
  const before = (await eventsOf(stack, checkout)).length;
  await act();
  return (await eventsOf(stack, checkout)).slice(before);
}

/** Lets something happen at Stripe and sends what Stripe tells of it. */
export async function happen(
  stack: TestStack,
  checkout: OpenCheckout,
  act: () => Promise<unknown>,
): Promise<void> {
  await sendInOrder(stack, await eventsSince(stack, checkout, act));
}

export function refund(
  stack: TestStack,
  { paymentIntent }: ChargeReference & { readonly paymentIntent: string },
  amount?: number,
  status: "succeeded" | "pending" = "succeeded",
): Promise<JsonObject> {
  const request = { paymentIntent, status };
  return stack.simulator.control.refund(amount === undefined ? request : { ...request, amount });
}

export function settle(stack: TestStack, { purchaseId }: PaidCheckout) {
  return settlePurchase(stack.ctx, stack.projectId, purchaseId);
}

/** What is there, held and owed, as the API says. */
export async function walletOf(
  stack: TestStack,
  { customerId }: OpenCheckout,
): Promise<Readonly<Record<string, unknown>>> {
  const { json } = await stack.call("GET", `/v1/wallets/${customerId}`);
  const { available, held, debt, total } = json;
  return { available, held, debt, total };
}

/** Kind and change of each line of the statement, oldest first. */
export async function linesOf(
  stack: TestStack,
  { customerId }: OpenCheckout,
): Promise<readonly (readonly unknown[])[]> {
  const path = `/v1/wallets/${customerId}/transactions?limit=100`;
  const { data } = (await stack.call("GET", path)).json;
  const lines: readonly Readonly<Record<string, unknown>>[] = Array.isArray(data) ? data : [];
  return lines.toReversed().map(({ kind, credits }) => [kind, credits]);
}

/** Spends credits and waits for the outcome. */
export async function spend(
  stack: TestStack,
  { customerId }: OpenCheckout,
  credits: number,
): Promise<number> {
  const body = { customerId, event: "chat.reply", credits };
  const { status } = await stack.call("POST", "/v1/usage", body, { prefer: "wait" });
  return status;
}

export interface ReturnedRow {
  readonly state: string;
  readonly granted: bigint;
  readonly reversed: bigint;
  readonly reversals: number;
  readonly disputed: boolean;
  readonly problem: string | null;
}

/** What the purchase says of itself, with the same of its lot, which the database adds up from transfers. */
export async function returnedRow(
  stack: TestStack,
  { purchaseId }: PaidCheckout,
): Promise<ReturnedRow> {
  const { db } = stack.database;
  const row: ReturnedRow | undefined = await db("purchases")
    .where("id", purchaseId)
    .first("state", "granted", "reversed", "reversals", "disputed", "problem");
  const found = present(row, "the purchase was written");
  const lots: readonly { readonly reversed: bigint }[] = await db("lots")
    .where("purchase_id", purchaseId)
    .select("reversed");
  const ofLots = lots.reduce((total, lot) => total + lot.reversed, 0n);
  expect(ofLots).toBe(found.reversed);
  const [counted]: readonly { readonly count: bigint | string | number }[] = await db("reversals")
    .where("purchase_id", purchaseId)
    .count("* as count");
  expect(Number(counted?.count)).toBe(found.reversals);
  return found;
}

export { inboxDone };

/** A stack whose webhooks wait, with a pack that costs 1 cent a credit: 100 credits, code `hundred`. */
export async function startReturnsStack(queue: QueueBackend): Promise<TestStack> {
  const stack = await startHeldStack(queue);
  const pack = { name: "100 credits", credits: 100, price: { amount: 100, currency: "usd" } };
  const { status, json } = await stack.call("PUT", "/v1/credit-packs/hundred", pack);
  expect([status, json["code"]]).toEqual([201, "hundred"]);
  return stack;
}

/** The charge that the payment names as its latest. */
export async function chargeOf(
  { simulator }: TestStack,
  { paymentIntent }: PaidCheckout,
): Promise<string> {
  return String((await simulator.control.patchObject(paymentIntent, {}))["latest_charge"]);
}

/** A wallet of which nothing is held, as the API says it. */
export const walletIs = (available: number, debt = 0) => ({
  available,
  held: 0,
  debt,
  total: available - debt,
});
