import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { invariants } from "../../src/app/invariants.js";
import { publicId } from "../../src/kernel/ids.js";
import { balanceOf, buy } from "../support/stack.js";
import { charglyHere, type Ran } from "../cli/chargly.js";
import { everythingBut, type Scene, startReconcileScene } from "./scene.js";

describe("cases", () => {
  let scene: Scene;
  const run = (line: string, ...rest: string[]): Promise<Ran> =>
    charglyHere([...line.split(" "), ...rest], { env: scene.env });
  const foreign = async (amount: number) => {
    const { key } = { key: scene.stripeKey };
    const paid = await scene.simulator.control.createForeignPayment({
      key,
      amount,
      currency: "usd",
    });
    return String(paid["latest_charge"]);
  };
  beforeAll(async () => {
    scene = await startReconcileScene();
  });
  afterAll(() => scene.stop());

  it("a payment of nobody is given to a customer, once, and is no difference any more", async () => {
    const charge = await foreign(2_000);
    await scene.later(120);
    await scene.run("objects");
    const [open] = (await run("cases list", "--json")).json().data;
    expect(open).toMatchObject({ class: "orphan_payment", subject: charge, state: "open" });

    const order = ["--customer", "user_1", "--credits", "1000", "--reason", "paid by link"];
    const both = await Promise.all([
      run(`cases assign ${open.id}`, ...order, "--json"),
      run(`cases assign ${open.id}`, ...order, "--json"),
    ]);
    expect(both.map(({ code }) => code).sort()).toEqual([0, 1]);
    expect(await balanceOf(scene, "user_1")).toBe(1_000);
    const lost = both.find(({ code }) => code === 1);
    expect(lost?.error()).toMatchObject({ code: "conflict" });

    const before = await everythingBut(scene, scene.projectId);
    expect((await scene.run("full")).counts.found ?? 0).toBe(0);
    expect(await everythingBut(scene, scene.projectId)).toEqual(before);
    const audit = await scene.ctx
      .db("audit_log")
      .where({ action: "case.assign" })
      .select("subject");
    expect(audit).toEqual([{ subject: open.id }]);
  });

  it("one that was dismissed stays so; one that was refunded goes away by itself", async () => {
    const dismissed = await foreign(3_000);
    const refunded = await foreign(4_000);
    await scene.later(120);
    await scene.run("objects");
    const open = await scene.open();
    expect(open.map(({ subject }) => subject).sort()).toEqual([dismissed, refunded].sort());
    const id = open.find(({ subject }) => subject === dismissed)?.id;
    const done = await run(
      `cases dismiss ${id && publicId("discrepancy", id)}`,
      "--reason",
      "another shop",
    );
    expect(done.code).toBe(0);
    await scene.simulator.control.refund({ charge: refunded });
    await scene.later(120);
    expect((await scene.run("full")).counts).toMatchObject({ resolved: 1 });
    expect(await scene.open()).toEqual([]);
  });

  it("all payments of another shop are dismissed at once, and a second payment for a purchase is not", async () => {
    const many = await Promise.all(Array.from({ length: 20 }, (_each, n) => foreign(100 + n)));
    const { sessionId } = await buy(scene, "twice");
    await scene.simulator.control.pay(sessionId);
    await scene.later(120);
    await scene.run("objects");
    const { id } = await scene.ctx
      .db("purchases")
      .where({ checkout_session_id: sessionId })
      .first();
    const { key } = { key: scene.stripeKey };
    const metadata = { chargly_purchase: publicId("purchase", id) };
    const again = { key, amount: 999, currency: "usd", metadata };
    const second = await scene.simulator.control.createForeignPayment(again);
    await scene.later(120);
    await scene.run("objects");
    expect(await scene.open()).toHaveLength(many.length + 1);

    for (const wrong of [
      "cases dismiss",
      `cases dismiss ${publicId("discrepancy", id)} --all-foreign`,
    ])
      expect((await run(wrong, "--json", "--reason", "x")).error()).toMatchObject({
        code: "invalid_request",
      });
    const done = await run("cases dismiss --all-foreign --json", "--reason", "our other shop");
    expect(done.json()).toEqual({ dismissed: many.length });
    expect(await scene.open()).toMatchObject([{ subject: second["latest_charge"] }]);
    const audit = await scene.ctx.db("audit_log").where({ action: "case.dismiss-foreign" });
    expect(audit).toMatchObject([{ details: { cases: many.length, reason: "our other shop" } }]);
    const before = await everythingBut(scene, scene.projectId);
    expect((await scene.run("full")).counts).toMatchObject({ found: 1 });
    expect(await everythingBut(scene, scene.projectId)).toEqual(before);
    await scene.simulator.control.refund({ charge: String(second["latest_charge"]) });
    await scene.later(120);
    expect((await scene.run("full")).counts).toMatchObject({ resolved: 1 });
  });

  it("only a payment of nobody can be assigned", async () => {
    const { sessionId } = await buy(scene, "user_2");
    const { control } = scene.simulator;
    await control.pay(sessionId);
    const charge = await chargeOf(scene, sessionId);
    await control.patchObject(String((await paymentOf(scene, sessionId))["id"]), {
      amount_received: 1,
    });
    await scene.later(120);
    const compared = await scene.run("objects");
    expect(compared.counts).toMatchObject({ found: 1 });
    const [mismatch] = await scene.open();
    expect(mismatch).toMatchObject({ class: "amount_mismatch", subject: charge });
    const assigned = await run(
      `cases assign ${mismatch && publicId("discrepancy", mismatch.id)}`,
      ..."--customer user_2 --credits 500 --reason x".split(" "),
    );
    expect([assigned.code, assigned.stderr]).toEqual([
      1,
      expect.stringContaining("amount_mismatch"),
    ]);
    expect(await balanceOf(scene, "user_2")).toBe(0);
  });

  it("chargly reconcile tells what it compared, and ends with 1 while anything is open", async () => {
    const compared = await run("reconcile", "--json");
    expect(compared.code).toBe(1);
    expect(compared.json()).toMatchObject({
      runs: [
        { ring: "events", outcome: "finished", state: "finished" },
        { ring: "full", counts: { requests: expect.any(Number) } },
        { ring: "ledger", counts: { rules: invariants.length } },
      ],
      open: { amount_mismatch: 1 },
    });
    expect(compared.stderr).toContain("full: done");
    expect((await run("reconcile --ring ledger")).code).toBe(1);
    const [open] = await scene.open();
    const id = open && publicId("discrepancy", open.id);
    expect((await run(`cases dismiss ${id}`, "--reason", "refunded by hand")).code).toBe(0);
    const clean = await run("reconcile --ring ledger");
    expect([clean.code, clean.stdout]).toEqual([0, expect.stringContaining("Nothing is open.")]);
    expect((await run("reconcile --since yesterday")).code).toBe(2);
  });
});

async function paymentOf(scene: Scene, sessionId: string) {
  const session = await scene.ctx.db("purchases").where({ checkout_session_id: sessionId }).first();
  const events = await scene.simulator.control.events({ type: "payment_intent.succeeded" });
  const id = publicId("purchase", session.id);
  const event = events.findLast(({ data }) => JSON.stringify(data).includes(id));
  const data = event?.["data"] as { readonly object: Record<string, unknown> } | undefined;
  return data?.object ?? {};
}

async function chargeOf(scene: Scene, sessionId: string): Promise<string> {
  return String((await paymentOf(scene, sessionId))["latest_charge"]);
}
