import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { up as reopen } from "../../../migrations/0019_reopen_return_events.js";
import { newId } from "../../../src/kernel/ids.js";
import { constraintName } from "../../../src/platform/db/errors.js";
import { inboxRow } from "../../journeys/payment-scene.js";
import { startTestStack, type TestStack } from "../../support/stack.js";
import { until } from "../../support/until.js";
import {
  boughtCheckout,
  eventsSince,
  happen,
  type PaidCheckout,
  refund,
  returnedRow,
} from "./returns-scene.js";

describe("the database refuses, whoever writes,", () => {
  let stack: TestStack;
  let checkout: PaidCheckout;
  beforeAll(async () => {
    stack = await startTestStack();
    await stack.simulator.control.setDelivery({ mode: "hold" });
    checkout = await boughtCheckout(stack);
    await happen(stack, checkout, () => refund(stack, checkout, 333));
    await happen(stack, checkout, () =>
      stack.simulator.control.dispute({ paymentIntent: checkout.paymentIntent, amount: 333 }),
    );
  });
  afterAll(() => stack.stop());

  const attempts: readonly (readonly [string, string, string])[] = [
    [
      "more taken back than was granted",
      "purchases set reversed = granted + 1, reversals = 9",
      "purchases_reversed_within_granted",
    ],
    [
      "less than nothing taken back",
      "purchases set reversed = -1",
      "purchases_reversed_within_granted",
    ],
    [
      "more taken back than was posted",
      "purchases set reversed = reversed + 1",
      "purchases_reversed_as_posted",
    ],
    [
      "less taken back than was posted",
      "purchases set reversed = 0",
      "purchases_reversed_as_posted",
    ],
    [
      "credits taken back without a number",
      "purchases set reversals = 0",
      "purchases_reversals_are_counted",
    ],
    [
      "a refunded purchase that keeps credits",
      "purchases set state = 'refunded'",
      "purchases_refunded_is_reversed",
    ],
    [
      "a refunded purchase that was never granted",
      "purchases set granted = 0",
      "purchases_grant_stays",
    ],
    [
      "a refund of another purchase",
      "stripe_refunds set purchase_id = project_id",
      "stripe_returns_stay",
    ],
    [
      "a dispute of another mode",
      "stripe_disputes set livemode = not livemode",
      "stripe_returns_stay",
    ],
    [
      "a dispute that gave back more than it took",
      "stripe_disputes set reinstated_minor = withdrawn_minor + 1",
      "stripe_disputes_add_up",
    ],
    [
      "a dispute of which half is known",
      "stripe_disputes set withdrawn_minor = null",
      "stripe_disputes_add_up",
    ],
  ];

  it.each(attempts)("%s", async (_, change, constraint) => {
    const id = change.startsWith("purchases") ? "id" : "purchase_id";
    const attempt = stack.database.db.raw(`update ${change} where ${id} = ?`, [
      checkout.purchaseId,
    ]);
    expect(await attempt.then(() => undefined, constraintName)).toBe(constraint);
  });

  it.each(["stripe_refunds", "stripe_disputes"])("to forget rows of %s", async (table) => {
    const attempt = stack.database.db(table).where("purchase_id", checkout.purchaseId).delete();
    expect(await attempt.then(() => undefined, constraintName)).toBe(`${table}_kept`);
  });

  it("a number of a reversal twice", async () => {
    const [first] = await stack.database
      .db("reversals")
      .where("purchase_id", checkout.purchaseId)
      .select("*");
    const again = stack.database.db("reversals").insert({ ...first, id: newId("reversal") });
    expect(await again.then(() => undefined, constraintName)).toBe("reversals_numbered_once");
  });
});

describe("events of before this version", () => {
  let stack: TestStack;
  beforeAll(async () => {
    stack = await startTestStack();
    await stack.simulator.control.setDelivery({ mode: "hold" });
  });
  afterAll(() => stack.stop());

  it("that were kept because nothing handled them are handled after the migration", async () => {
    const checkout = await boughtCheckout(stack);
    const { db } = stack.database;
    const [created, ...others] = await eventsSince(stack, checkout, () =>
      refund(stack, checkout, 999),
    );
    const eventId = String(created?.id);
    await db("stripe_events").insert({
      id: newId("stripeEvent"),
      project_id: stack.projectId,
      account_id: String((await stack.simulator.control.account(stack.stripeKey))["id"]),
      livemode: false,
      event_id: eventId,
      type: "refund.created",
      payload: JSON.stringify(created?.body),
      status: "unhandled",
      reason: "There is no handler for refund.created.",
      next_attempt_at: null,
      finished_at: db.raw("clock_timestamp()"),
    });
    expect(others.length).toBeGreaterThan(0);
    await reopen(db);
    await until(async () => (await inboxRow(stack, eventId))?.status === "processed", {
      because: "the reopened event to be processed",
      timeoutMs: 20_000,
    });
    expect(await returnedRow(stack, checkout)).toMatchObject({ state: "refunded" });
  });
});
