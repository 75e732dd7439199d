import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { thawPurchase } from "../../src/reversals/warnings/thaw-purchase.js";
import { balanceOf, buy } from "../support/stack.js";
import { everythingBut, type Scene, startReconcileScene } from "./scene.js";

describe("money that went back and nobody told", () => {
  let scene: Scene;
  let customers = 0;
  beforeAll(async () => {
    scene = await startReconcileScene();
  });
  afterAll(() => scene.stop());

  const control = () => scene.simulator.control;
  /** A customer with 500 credits, bought and granted a while ago, and the charge. */
  const sold = async () => {
    const customer = `user_${++customers}`;
    const { id, sessionId } = await buy(scene, customer);
    await control().pay(sessionId);
    await scene.call("GET", `/v1/checkouts/${id}?wait=20`);
    expect(await balanceOf(scene, customer)).toBe(500);
    const [charge] = await scene.ctx
      .db("purchases")
      .where({ checkout_session_id: sessionId })
      .pluck("charge_id");
    return { customer, charge: String(charge) };
  };
  const closed = async (subject: unknown) =>
    (await scene.found()).find((each) => each.subject === subject);
  const writesNothing = async () => {
    const before = await everythingBut(scene, scene.projectId);
    expect((await scene.run("full")).counts.found ?? 0).toBe(0);
    expect(await everythingBut(scene, scene.projectId)).toEqual(before);
  };

  it("a partial refund is taken back; when it fails later, it is given back", async () => {
    const { customer, charge } = await sold();
    const { id } = await control().refund({ charge, amount: 333 });
    await scene.later(120);
    expect((await scene.run("objects")).counts).toMatchObject({ found: 1, healed: 1 });
    expect(await closed(id)).toMatchObject({
      class: "missing_reversal",
      state: "healed",
      stripeMinor: 333n,
    });
    expect(await balanceOf(scene, customer)).toBe(333.333334);

    await scene.later(50 * 86_400);
    await control().setRefundStatus(String(id), "failed");
    await scene.later(120);
    expect((await scene.run("full")).counts).toMatchObject({ found: 1, healed: 1 });
    const given = (await scene.found()).find((each) => each.class === "over_reversal");
    expect(given).toMatchObject({
      subject: id,
      state: "healed",
      stripeMinor: 0n,
      bookedMinor: 333n,
    });
    expect(await balanceOf(scene, customer)).toBe(500);
    await writesNothing();
  });

  it("a dispute takes the credits; won long after, it gives them back", async () => {
    const { customer, charge } = await sold();
    const { id } = await control().dispute({ charge });
    await scene.later(120);
    expect((await scene.run("objects")).counts).toMatchObject({ found: 1, healed: 1 });
    expect(await closed(id)).toMatchObject({
      class: "missing_reversal",
      healedCredits: 500_000_000n,
    });
    expect(await balanceOf(scene, customer)).toBe(0);

    await scene.later(60 * 86_400);
    await control().closeDispute(String(id), "won");
    await scene.later(120);
    const run = await scene.run("full");
    expect(run.counts).toMatchObject({ found: 1, healed: 1 });
    expect(await balanceOf(scene, customer)).toBe(500);
    await writesNothing();
  });

  it("an inquiry is no difference, nor is a refund that is younger than a minute", async () => {
    const { customer, charge } = await sold();
    await control().dispute({ charge, inquiry: true });
    await scene.later(120);
    expect((await scene.run("full")).counts.found ?? 0).toBe(0);
    const young = await control().refund({ charge });
    expect((await scene.run("full")).counts.found ?? 0).toBe(0);
    expect(await balanceOf(scene, customer)).toBe(500);
    await scene.later(61);
    expect((await scene.run("full")).counts).toMatchObject({ found: 1, healed: 1 });
    expect(await closed(young["id"])).toMatchObject({ state: "healed" });
    expect(await balanceOf(scene, customer)).toBe(0);
    await writesNothing();
  });

  it("the balance of Stripe says the same as its objects, of charges, refunds and disputes", async () => {
    const { charge } = await sold();
    const disputed = await sold();
    const lost = await control().dispute({ charge: disputed.charge, amount: 500 });
    await control().closeDispute(String(lost["id"]), "lost");
    await control().refund({ charge, amount: 100 });
    await scene.later(3_600);
    const since = new Date(scene.reconcileContext().clock.nowMs() - 3_630_000);
    const { sums } = await scene.run("full", { since });
    expect(sums["usd"]).toMatchObject({
      charged: 1_998n,
      balanceCharged: 1_998n,
      refunded: 100n,
      balanceRefunded: 100n,
      disputed: 500n,
      balanceDisputed: 500n,
    });
    expect(await scene.open()).toEqual([]);
  });

  it("a warning of fraud sets aside what is unspent of its purchase, once, also until a person frees it", async () => {
    const { customer, charge } = await sold();
    const gift = { credits: 8, reason: "a gift" };
    await scene.call("POST", `/v1/wallets/${customer}/grants`, gift);
    const foreign = { key: scene.stripeKey, amount: 999, currency: "usd" };
    const payment = await control().createForeignPayment(foreign);
    await control().earlyFraudWarning({ paymentIntent: String(payment["id"]) });
    await control().earlyFraudWarning({ charge });
    await scene.later(120);
    const counts = { warnings: 2 };
    expect((await scene.run("objects", { dryRun: true })).counts).toMatchObject(counts);
    const wallet = `/v1/wallets/${customer}`;
    expect((await scene.call("GET", wallet)).json).toMatchObject({ available: 508, held: 0 });
    expect((await scene.run("objects")).counts).toMatchObject({ ...counts, heeded: 1 });
    expect((await scene.call("GET", wallet)).json).toMatchObject({ available: 8, held: 500 });
    const [purchaseId] = await scene.ctx.db("purchases").where({ charge_id: charge }).pluck("id");
    await thawPurchase(scene.ctx, { projectId: scene.projectId, purchaseId }, "test");
    expect((await scene.run("objects")).counts.heeded ?? 0).toBe(0);
    expect((await scene.call("GET", wallet)).json).toMatchObject({ available: 508, held: 0 });
  });
});
