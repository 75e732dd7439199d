import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { publicId } from "../../src/kernel/ids.js";
import { readWallet } from "../../src/ledger/read-wallet.js";
import { buy } from "../support/stack.js";
import {
  everythingBut,
  grantTwice,
  type Scene,
  sellLongAgo,
  type SoldPack,
  startReconcileScene,
} from "./scene.js";

const payments = 1_000;
const foreign = 10;
const double = 5;
const unheard = 20;

describe(`${payments} payments`, () => {
  let scene: Scene;
  let sold: readonly SoldPack[];
  beforeAll(async () => {
    scene = await startReconcileScene();
    sold = await sellLongAgo(scene, payments - unheard);
  });
  afterAll(() => scene.stop());

  const classes = async () => {
    const counted = new Map<string, number>();
    for (const { class: name, state } of await scene.found())
      counted.set(`${name} ${state}`, (counted.get(`${name} ${state}`) ?? 0) + 1);
    return Object.fromEntries(counted);
  };

  it("with foreign ones, double grants by hand and missing grants among them: every one found, none falsely", async () => {
    const { control } = scene.simulator;
    for (let n = 0; n < foreign; n++)
      await control.createForeignPayment({ key: scene.stripeKey, amount: 1_234, currency: "usd" });
    await grantTwice(scene, sold.slice(0, double));
    for (let n = 0; n < unheard; n++) await control.pay((await buy(scene, `user_${n}`)).sessionId);
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
    const doubled = (await scene.found()).filter((each) => each.class === "double_grant");
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
});
