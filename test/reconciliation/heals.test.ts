import { afterAll, beforeAll, describe, expect, it } from "vitest";
import Stripe from "stripe";
import { invariants } from "../../src/app/invariants.js";
import { resumeWhenSound } from "../../src/integrity/resume-when-sound.js";
import { newId, publicId } from "../../src/kernel/ids.js";
import { readProject } from "../../src/tenancy/read-project.js";
import { readRun, readRuns } from "../../src/reconciliation/read-runs.js";
import type { Run } from "../../src/reconciliation/rules.js";
import { bookLongAgo } from "../support/long-ago.js";
import { balanceOf, buy, sessionOf, testPack } from "../support/stack.js";
import {
  everythingBut,
  grantTwice,
  type Scene,
  soldLongAgo,
  startReconcileScene,
  writersOfRows,
} from "./scene.js";

describe("what no webhook told", () => {
  let scene: Scene;
  beforeAll(async () => {
    scene = await startReconcileScene();
  });
  afterAll(() => scene.stop());

  it("is healed in one cycle, exactly: webhooks dropped for an hour, and 100 events never generated", async () => {
    const { control } = scene.simulator;
    const bought: string[] = [];
    const pay = async (customer: string) => {
      const { sessionId } = await buy(scene, customer);
      await control.pay(sessionId);
      bought.push(customer);
    };
    await control.suppressEvents({ count: 100 });
    for (let n = 0; n < 30; n++) await pay(`unheard_${n}`);
    const generated = (await control.events()).length;
    for (let n = 0; n < 10; n++) await pay(`dropped_${n}`);
    await scene.later(3_600);

    const events = await scene.run("events");
    const objects = await scene.run("objects");
    expect(events.counts.ingested).toBeGreaterThan(generated);
    expect(objects.counts).toMatchObject({ payments: 40, found: 40, healed: 40 });
    for (const customer of bought) {
      const { json } = await scene.call("GET", `/v1/wallets/${customer}/transactions`);
      expect(json["data"]).toMatchObject([{ kind: "purchase", credits: 500 }]);
    }
    const found = await scene.found();
    expect(found.map((each) => [each.class, each.state])).toEqual(
      bought.map(() => ["missing_grant", "healed"]),
    );
    expect(found.every(({ healedCredits }) => healedCredits === 500_000_000n)).toBe(true);
    expect(objects.sums).toEqual({ usd: { charged: 39_960n, booked: 39_960n } });

    const [last, first] = (await readRuns(scene.ctx.db, { projectId: scene.projectId, size: 2 }))
      .data;
    expect([last, first]).toEqual([objects, events]);
    const paged = await readRuns(scene.ctx.db, { ring: "events", size: 1 });
    expect(paged).toMatchObject({ data: [{ id: events.id }], hasMore: false });
    expect(await readRun(scene.ctx.db, events.id)).toEqual(events);

    const before = await everythingBut(scene, scene.projectId);
    const again = await scene.run("full");
    expect(again.counts.found ?? 0).toBe(0);
    expect(again.sums).toMatchObject({ usd: { charged: 39_960n, balanceCharged: 39_960n } });
    expect((await scene.run("events")).counts.ingested ?? 0).toBe(0);
    expect(await everythingBut(scene, scene.projectId)).toEqual(before);
  });
});

describe("what nobody may heal", () => {
  let scene: Scene;
  beforeAll(async () => {
    scene = await startReconcileScene();
  });
  afterAll(() => scene.stop());

  /** Bought with a promotion code of so many percent, and settled. */
  async function buyDiscounted(customerId: string, percent: number) {
    const { host, port, url } = scene.simulator;
    const stripe = new Stripe(scene.stripeKey, { host, port, protocol: "http" });
    const coupon = await stripe.coupons.create({ percent_off: percent, duration: "once" });
    const code = `OFF${percent}`;
    await stripe.promotionCodes.create({ code, promotion: { type: "coupon", coupon: coupon.id } });
    const body = { customerId, creditPackCode: testPack, allowPromotionCodes: true };
    const { json } = await scene.call("POST", "/v1/checkouts", body);
    await fetch(`${url}/c/pay/${sessionOf(json["checkoutUrl"])}`, {
      method: "POST",
      redirect: "manual",
      body: new URLSearchParams({ promotion_code: code, card: "paid" }),
    });
    await scene.call("GET", `/v1/checkouts/${String(json["id"])}?wait=10`);
    expect(await balanceOf(scene, customerId)).toBe(500);
  }

  it("is no difference where a discount was agreed, up to a free pack", async () => {
    await buyDiscounted("half", 50);
    await buyDiscounted("free", 100);
    await scene.later(3_600);
    for (const ring of ["objects", "full"] as const)
      expect((await scene.run(ring)).counts).toMatchObject({ payments: 2 });
    expect(await scene.found()).toEqual([]);
  });

  it("is no difference when what could not be granted was refunded in full", async () => {
    const { control } = scene.simulator;
    const { id, sessionId } = await buy(scene, "wrong");
    await control.pay(sessionId);
    const { payment_intent: intent } = await control.patchObject(sessionId, { amount_total: 1 });
    await scene.call("GET", `/v1/checkouts/${id}?wait=1`);
    await scene.later(3_600);
    await scene.run("objects");
    expect(await scene.open()).toMatchObject([{ class: "amount_mismatch" }]);
    await control.refund({ paymentIntent: String(intent) });
    await scene.later(3_600);
    expect((await scene.run("full")).counts).toMatchObject({ resolved: 1 });
    expect(await scene.open()).toEqual([]);
  });

  it("is a grant of which Stripe has no payment: the nightly run finds it, and leaves it", async () => {
    const [purchaseId, walletId] = [newId("purchase"), newId("wallet")];
    const forged = { purchaseId, walletId, paymentIntentId: "pi_forged", chargeId: "ch_forged" };
    await bookLongAgo({ db: scene.ctx.db, projectId: scene.projectId }, [forged]);
    await scene.later(3_600);
    expect((await scene.run("objects")).counts.found ?? 0).toBe(0);
    expect((await scene.run("full")).counts).toMatchObject({ found: 1 });
    expect(await scene.open()).toMatchObject([
      {
        class: "unpaid_grant",
        subject: publicId("purchase", purchaseId),
        stripeObject: "pi_forged",
        expectedCredits: 0n,
        actualCredits: 500_000_000n,
        healingBy: null,
      },
    ]);
  });

  it("is written down once, whatever of it every run tries again", async () => {
    const { ctx, simulator, stripeKey } = scene;
    await grantTwice(scene, await soldLongAgo(scene, 2));
    await simulator.control.createForeignPayment({ key: stripeKey, amount: 700, currency: "usd" });
    // Its payment leads to our row, but its session is lost: settling it again fails each time.
    const { sessionId } = await buy(scene, "lost");
    await simulator.control.pay(sessionId);
    await ctx
      .db("purchases")
      .where({ checkout_session_id: sessionId })
      .update({ checkout_session_id: "cs_test_lost" });
    await scene.later(3_600);
    expect((await scene.run("full")).counts).toMatchObject({ found: 5 });
    expect((await scene.open()).map((each) => each.class).sort()).toEqual(
      "double_grant double_grant missing_grant orphan_payment unpaid_grant".split(" "),
    );
    const before = await writersOfRows(scene);
    for (const ring of ["objects", "full", "objects"] as const)
      expect((await scene.run(ring)).counts.healed ?? 0).toBe(0);
    expect(await writersOfRows(scene)).toEqual(before);
  });

  it("is a broken rule of the ledger: its ring pauses the project, and goes on from there once it is accepted", async () => {
    const { ctx, projectId } = scene;
    const isPaused = async () => (await readProject(ctx, projectId)).pausedAt !== null;
    const isWhole = ({ windowFrom, windowTo }: Run) => windowFrom.getTime() === windowTo.getTime();
    const dry = await scene.run("ledger", { dryRun: true });
    expect([dry.counts.rules, await isPaused()]).toEqual([invariants.length, false]);
    const run = await scene.run("ledger");
    expect([isWhole(run), await isPaused()]).toEqual([true, true]);
    expect(run.counts).toEqual(dry.counts);
    const found = run.counts.found ?? 0;
    expect(found).toBeGreaterThan(0);
    expect(isWhole(await scene.run("ledger", { isRecent: true }))).toBe(true); // something is open

    await resumeWhenSound(ctx, { projectId, forceBecause: "known" }, "test");
    const accepted = await scene.run("ledger");
    expect(accepted.counts).toEqual({ rules: invariants.length, resolved: found });
    const recent = await scene.run("ledger", { isRecent: true });
    expect(recent.counts).toEqual({ rules: invariants.length });
    expect(recent.windowFrom).toEqual(new Date(accepted.windowTo.getTime() - 60_000));
    expect(await isPaused()).toBe(false);
  });
});
