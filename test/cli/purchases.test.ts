import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  boughtCheckout,
  happen,
  type PaidCheckout,
  refund,
  startReturnsStack,
} from "../checkout/returns/returns-scene.js";
import type { TestStack } from "../support/stack.js";
import { charglyHere } from "./chargly.js";

describe("a purchase on the command line", () => {
  let stack: TestStack;
  let checkout: PaidCheckout;
  beforeAll(async () => {
    stack = await startReturnsStack("postgres");
    checkout = await boughtCheckout(stack, { creditPackCode: "hundred" });
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

  it("is unknown to a project that did not sell it", async () => {
    const other = ["projects", "create", "--name", "other", "--mode", "test", "--json"];
    const made = await charglyHere(other, { env: stack.env });
    const ran = await show("--project", made.json().id, "--json");
    expect([ran.code, ran.error().code]).toEqual([1, "not_found"]);
  });
});
