import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import {
  boughtCheckout,
  happen,
  type PaidCheckout,
  refund,
  spend,
  startReturnsStack,
} from "../checkout/returns/returns-scene.js";
import { openCheckout } from "../journeys/payment-scene.js";
import type { TestStack } from "../support/stack.js";
import { charglyHere } from "./chargly.js";

describe("a purchase on the command line", () => {
  let stack: TestStack;
  let checkout: PaidCheckout;
  let second: PaidCheckout;
  beforeAll(async () => {
    stack = await startReturnsStack("postgres");
    checkout = await boughtCheckout(stack, { creditPackCode: "hundred" });
    second = await boughtCheckout(stack, { creditPackCode: "hundred" });
  });
  afterAll(() => stack.stop());

  const show = (...rest: string[]) =>
    charglyHere(["purchases", "show", checkout.id, ...rest], { env: stack.env });

  it("says that nothing went back", async () => {
    const ran = await show();
    expect([ran.code, ran.stderr]).toEqual([0, ""]);
    expect(ran.stdout).toMatch(/status +paid\n/);
    expect(ran.stdout).toContain("Nothing went back.");
  });

  it("is refunded, after a dry run that does nothing", async () => {
    const refundIt = (...rest: string[]) =>
      charglyHere(["purchases", "refund", second.id, ...rest], { env: stack.env });
    const dry = await refundIt("--dry-run");
    expect([dry.code, dry.stdout]).toEqual([0, "money    $1.00\ncredits  100\n"]);
    expect((await refundIt("--credits", "40", "--json")).json()).toMatchObject({
      status: "accepted",
      amount: { amount: 40 },
    });
    const all = await refundIt();
    expect([all.code, all.stdout]).toEqual([
      0,
      expect.stringMatching(/status +accepted\nmoney +\$0\.60\n/),
    ]);
  });

  it("is no longer frozen after a warning of fraud, when an operator says so", async () => {
    const { paymentIntent } = checkout;
    const { customerId } = checkout;
    await happen(stack, checkout, () =>
      stack.simulator.control.earlyFraudWarning({ paymentIntent }),
    );
    const held = async () => (await stack.call("GET", `/v1/wallets/${customerId}`)).json["held"];
    expect(await held()).toBe(100);
    const ran = await charglyHere(["purchases", "unfreeze", checkout.id], { env: stack.env });
    expect([ran.code, await held()]).toEqual([0, 0]);
  });

  it("shows its refunds and disputes, and what was taken back for them", async () => {
    await happen(stack, checkout, () => refund(stack, checkout, 33));
    await happen(stack, checkout, () =>
      stack.simulator.control.dispute({ paymentIntent: checkout.paymentIntent, amount: 40 }),
    );
    const [said, json] = [await show(), (await show("--json")).json()];
    expect(said.stdout).toMatch(/status +partially_refunded, disputed\n/);
    expect(said.stdout).toMatch(/taken back +73\n/);
    expect(said.stdout).toMatch(/re_\w+ +\S+ +succeeded +\$0\.33 +-\n/);
    expect(said.stdout).toMatch(/du_\w+ +\S+ +needs_response +\$0\.40 +\$0\.40\n/);
    expect(json).toMatchObject({
      id: checkout.id,
      status: "partially_refunded",
      reversedCredits: 73,
      disputed: true,
      returns: expect.arrayContaining([
        expect.objectContaining({ kind: "refund", withheld: null }),
        expect.objectContaining({
          kind: "dispute",
          status: "needs_response",
          withheld: expect.objectContaining({ amount: 40, currency: "usd" }),
        }),
      ]),
    });
  });

  const list = (...rest: string[]) =>
    charglyHere(["purchases", "list", ...rest], { env: stack.env });

  it("is listed with what became of its credits, page by page", async () => {
    await spend(stack, checkout, 10);
    const first = (await list("--limit", "1", "--json")).json();
    expect(first).toMatchObject({
      hasMore: true,
      data: [{ id: second.id, status: "refunded", remainingCredits: 0, usedCredits: 0 }],
    });
    const { nextCursor } = z.object({ nextCursor: z.string() }).parse(first);
    const rest = (await list("--limit", "1", "--cursor", nextCursor, "--json")).json();
    const { returns: _returns, ...told } = (await show("--json")).json();
    expect(rest).toEqual({ data: [told], hasMore: false, nextCursor: null });
    expect(told).toMatchObject({
      customerId: checkout.customerId,
      creditPack: { code: "hundred", version: 1, name: "100 credits" },
      price: { amount: 100, currency: "usd" },
      grantedCredits: 100,
      reversedCredits: 73,
      usedCredits: 10,
      remainingCredits: 17,
      heldCredits: 0,
      stripe: { paymentIntent: checkout.paymentIntent },
    });
    expect((await list()).stdout).toMatch(
      new RegExp(
        `${second.id} .* refunded .* 0 +100\\n${checkout.id} .* partially_refunded .* 17 +73\\n`,
      ),
    );
  });

  it("is found by customer, status and time, alone or together", async () => {
    const found = async (...filter: string[]) => {
      const json = (await list(...filter, "--json")).json();
      const { data } = z.object({ data: z.array(z.object({ id: z.string() })) }).parse(json);
      return data.map(({ id }) => id);
    };
    const status = ["--status", "partially_refunded"];
    const hour = (hours: number) => new Date(Date.now() + hours * 3_600_000).toISOString();
    expect(await found("--customer", checkout.customerId)).toEqual([checkout.id]);
    expect(await found("--customer", "nobody")).toEqual([]);
    expect(await found(...status)).toEqual([checkout.id]);
    expect(await found("--status", "quarantined")).toEqual([]);
    expect(await found("--from", hour(-1), "--to", hour(1))).toEqual([second.id, checkout.id]);
    expect(await found("--from", hour(1))).toEqual([]);
    expect(await found("--customer", second.customerId, ...status)).toEqual([]);
    const pending = await openCheckout(stack, { creditPackCode: "hundred" });
    expect(await found("--status", "pending")).toEqual([pending.id]);
  });

  it("is unknown to a project that did not sell it", async () => {
    const other = ["projects", "create", "--name", "other", "--mode", "test", "--json"];
    const made = await charglyHere(other, { env: stack.env });
    const ran = await show("--project", made.json().id, "--json");
    expect([ran.code, ran.error().code]).toEqual([1, "not_found"]);
  });
});
