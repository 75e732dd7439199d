import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { expectCleanBooks, sendInOrder, statusOf } from "../../journeys/payment-scene.js";
import { queueBackends } from "../../support/queue-backends.js";
import type { TestStack } from "../../support/stack.js";
import {
  boughtCheckout,
  chargeOf,
  eventsSince,
  happen,
  type PaidCheckout,
  refund,
  returnedRow,
  settle,
  startReturnsStack,
  walletIs,
  walletOf,
} from "./returns-scene.js";

describe.each(queueBackends)("disputes, queue on %s", (queue) => {
  let stack: TestStack;
  beforeAll(async () => {
    stack = await startReturnsStack(queue);
  });
  afterAll(() => stack.stop());
  afterEach(() => expectCleanBooks(stack));

  const control = () => stack.simulator.control;
  const paidHundred = () => boughtCheckout(stack, { creditPackCode: "hundred" });

  const dispute = async (checkout: PaidCheckout, amount?: number, inquiry = false) => {
    const { paymentIntent } = checkout;
    const request = { paymentIntent, inquiry, ...(amount === undefined ? {} : { amount }) };
    return String((await control().dispute(request))["id"]);
  };
  /** A dispute whose events were sent. */
  const disputed = async (checkout: PaidCheckout, amount?: number, inquiry = false) => {
    let id = "";
    await happen(stack, checkout, async () => {
      id = await dispute(checkout, amount, inquiry);
    });
    return id;
  };

  it("takes the credits when the money is withdrawn, and gives them back when it is reinstated, won or appealed", async () => {
    const checkout = await paidHundred();
    const id = await disputed(checkout);
    expect(await returnedRow(stack, checkout)).toMatchObject({ state: "paid", disputed: true });
    expect(await walletOf(stack, checkout)).toEqual(walletIs(0));
    await happen(stack, checkout, () => control().closeDispute(id, "lost"));
    expect(await walletOf(stack, checkout)).toEqual(walletIs(0));
    await happen(stack, checkout, () => control().disputeFundsReinstated(id));
    await happen(stack, checkout, () => control().closeDispute(id, "won"));
    expect(await walletOf(stack, checkout)).toEqual(walletIs(100));
    expect(await returnedRow(stack, checkout)).toMatchObject({ disputed: false, reversals: 2 });
    await happen(stack, checkout, () => control().disputeFundsWithdrawn(id));
    expect(await walletOf(stack, checkout)).toEqual(walletIs(0));
  });

  it("ends right when `reinstated` is heard of before `withdrawn`", async () => {
    const checkout = await paidHundred();
    const events = await eventsSince(stack, checkout, async () => {
      await control().closeDispute(await dispute(checkout), "won");
    });
    const [withdrawn, reinstated] = ["funds_withdrawn", "funds_reinstated"].map((name) =>
      events.filter(({ type }) => type === `charge.dispute.${name}`),
    );
    expect([withdrawn?.length, reinstated?.length]).toEqual([1, 1]);
    await sendInOrder(stack, [...(reinstated ?? []), ...(withdrawn ?? [])]);
    await sendInOrder(stack, events.toReversed());
    expect(await walletOf(stack, checkout)).toEqual(walletIs(100));
    expect(await returnedRow(stack, checkout)).toMatchObject({ reversed: 0n, disputed: false });
  });

  it("takes nothing for an inquiry until it becomes a dispute", async () => {
    const checkout = await paidHundred();
    const id = await disputed(checkout, 100, true);
    expect(await walletOf(stack, checkout)).toEqual(walletIs(100));
    expect(await returnedRow(stack, checkout)).toMatchObject({ disputed: false, reversals: 0 });
    await happen(stack, checkout, () => control().disputeFundsWithdrawn(id));
    expect(await walletOf(stack, checkout)).toEqual(walletIs(0));
  });

  it("never takes more than was granted for several disputes and refunds of one payment", async () => {
    const checkout = await paidHundred();
    await happen(stack, checkout, () => refund(stack, checkout, 40));
    const first = await disputed(checkout, 30);
    expect(await walletOf(stack, checkout)).toEqual(walletIs(30));
    const second = await disputed(checkout);
    expect(await walletOf(stack, checkout)).toEqual(walletIs(0));
    await happen(stack, checkout, () => control().closeDispute(second, "won"));
    expect(await walletOf(stack, checkout)).toEqual(walletIs(30));
    await happen(stack, checkout, () => control().closeDispute(first, "won"));
    expect(await walletOf(stack, checkout)).toEqual(walletIs(60));
    await happen(stack, checkout, () => refund(stack, checkout));
    expect(await walletOf(stack, checkout)).toEqual(walletIs(0));
    expect(await statusOf(stack, checkout)).toBe("refunded");
  });

  it("reads disputes that it hears of or knows, even when the charge does not say that it is disputed", async () => {
    const checkout = await paidHundred();
    const charge = await chargeOf(stack, checkout);
    const events = await eventsSince(stack, checkout, () => dispute(checkout));
    await control().patchObject(charge, { disputed: false });
    await sendInOrder(stack, events.slice(0, 1));
    expect(await walletOf(stack, checkout)).toEqual(walletIs(0));
    await settle(stack, checkout);
    expect(await walletOf(stack, checkout)).toEqual(walletIs(0));
  });

  it("asks Stripe once to settle a payment of which nothing went back, and twice when it is disputed", async () => {
    const checkout = await boughtCheckout(stack);
    const asked = async () => {
      await control().resetLog();
      await settle(stack, checkout);
      return (await control().requests({ pathPrefix: "/v1/" })).requests.length;
    };
    expect(await asked()).toBe(1);
    await refund(stack, checkout, 100);
    expect(await asked()).toBe(1);
    await control().dispute({ paymentIntent: checkout.paymentIntent });
    expect(await asked()).toBe(2);
  });
});
