import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { publicId } from "../../src/kernel/ids.js";
import { readWallet } from "../../src/ledger/read-wallet.js";
import type { SoldPack } from "../support/long-ago.js";
import { buy } from "../support/stack.js";
import {
  everythingBut,
  grantTwice,
  type Scene,
  soldLongAgo,
  startReconcileScene,
} from "./scene.js";

const payments = 1_000;
const foreign = 10;
const double = 5;
const unheard = 100;

describe(`${payments} payments`, () => {
  let scene: Scene;
  let sold: readonly SoldPack[];
  beforeAll(async () => {
    scene = await startReconcileScene();
    sold = await soldLongAgo(scene, payments - unheard);
  });
  afterAll(() => scene.stop());

  const classes = async () => {
    const { rows } = await scene.ctx.db.raw<{ rows: { found: string; count: number }[] }>(
      "select class || ' ' || state as found, count(*)::int from discrepancies group by 1",
    );
    return Object.fromEntries(rows.map(({ found, count }) => [found, count]));
  };

  it("with foreign ones, double grants by hand and missing grants among them: every one found, none falsely", {
    timeout: 90_000,
  }, async () => {
    const { control } = scene.simulator;
    for (let n = 0; n < foreign; n++)
      await control.createForeignPayment({ key: scene.stripeKey, amount: 1_234, currency: "usd" });
    await grantTwice(scene, sold.slice(0, double));
    for (let n = 0; n < unheard; n += 10)
      await Promise.all(
        Array.from({ length: 10 }, async (_each, at) =>
          control.pay((await buy(scene, `user_${n + at}`)).sessionId),
        ),
      );
    await scene.later(3_600);

    const run = await scene.run("full");
    expect(run.counts).toMatchObject({
      payments: payments + foreign,
      charges: payments + foreign,
      found: foreign + double + unheard,
      healed: unheard,
    });
    expect(await classes()).toEqual({
      "orphan_payment open": foreign,
      "double_grant open": double,
      "missing_grant healed": unheard,
    });
    const money = 999n * BigInt(payments);
    expect(run.sums).toEqual({
      usd: {
        charged: money + 12_340n,
        balanceCharged: money + 12_340n,
        booked: money,
        foreign: 12_340n,
      },
    });
    const doubled = (await scene.open()).filter((each) => each.class === "double_grant");
    expect(doubled.map(({ subject }) => subject).sort()).toEqual(
      sold
        .slice(0, double)
        .map(({ purchaseId }) => publicId("purchase", purchaseId))
        .sort(),
    );
    for (let n = 0; n < unheard; n++)
      expect((await readWallet(scene.ctx.db, scene.projectId, `user_${n}`))?.available).toBe(
        500_000_000n,
      );
  });

  it("compared again: the same is found, and nothing written", async () => {
    const before = await everythingBut(scene, scene.projectId);
    const run = await scene.run("full");
    expect(run.counts).toMatchObject({ found: foreign + double });
    expect(run.counts.healed ?? 0).toBe(0);
    expect(await everythingBut(scene, scene.projectId)).toEqual(before);
  });

  it("a dry run tells of them and writes nothing either", async () => {
    const before = await everythingBut(scene, scene.projectId);
    const run = await scene.run("full", { dryRun: true });
    expect(run.counts.found).toBe(foreign + double);
    expect(await everythingBut(scene, scene.projectId)).toEqual(before);
  });

  it("of which 100 are refunded long after their charges: each is taken back, once", async () => {
    await scene.later(40 * 86_400);
    const charges: string[] = await scene.ctx
      .db("purchases")
      .whereNotNull("checkout_session_id")
      .pluck("charge_id");
    expect(charges).toHaveLength(unheard);
    for (const charge of charges) await scene.simulator.control.refund({ charge });
    await scene.later(3_600);

    const run = await scene.run("full");
    expect(run.counts).toMatchObject({ refunds: unheard, found: unheard, healed: unheard });
    expect(run.counts.charges ?? 0).toBe(0);
    const refunded = 999n * BigInt(unheard);
    expect(run.sums).toEqual({ usd: { refunded, balanceRefunded: refunded } });
    expect(await classes()).toEqual({
      "orphan_payment open": foreign,
      "double_grant open": double,
      "missing_grant healed": unheard,
      "missing_reversal healed": unheard,
    });
    for (let n = 0; n < unheard; n++)
      expect((await readWallet(scene.ctx.db, scene.projectId, `user_${n}`))?.available).toBe(0n);

    const before = await everythingBut(scene, scene.projectId);
    expect((await scene.run("full")).counts.found ?? 0).toBe(0);
    expect(await everythingBut(scene, scene.projectId)).toEqual(before);
  });
});
