import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readRuns } from "../../src/reconciliation/read-runs.js";
import { requestRun } from "../../src/reconciliation/request-run.js";
import { runReconciliation } from "../../src/reconciliation/run-reconciliation.js";
import { balanceOf, buy, openTestProject } from "../support/stack.js";
import { type Scene, soldLongAgo, startReconcileScene } from "./scene.js";

describe("a run that meets trouble", () => {
  let scene: Scene;
  const charges = 250;
  beforeAll(async () => {
    scene = await startReconcileScene({ env: { RECONCILE_HEALS_MAX: "2" } });
    await soldLongAgo(scene, charges);
    await scene.later(3_600);
  });
  afterAll(() => scene.stop());

  const control = () => scene.simulator.control;
  const pay = async (customer: string) => control().pay((await buy(scene, customer)).sessionId);
  const lastRun = async () =>
    (await readRuns(scene.ctx.db, { projectId: scene.projectId, size: 1 })).data[0];

  it("waits when Stripe answers 429, and reads on", async () => {
    await control().failRequests({ status: 429, count: 1, pathPrefix: "/v1/charges" });
    await control().failRequests({
      status: 429,
      count: 2,
      retryAfterSec: 0,
      pathPrefix: "/v1/refunds",
    });
    const run = await scene.run("objects");
    expect(run.counts).toMatchObject({ charges, payments: charges, requests: 7 + 3 });
  });

  it("goes on where it was when Stripe failed in between", async () => {
    await control().failRequests({ status: 500, count: 3, pathPrefix: "/v1/disputes" });
    await expect(scene.run("full")).rejects.toMatchObject({ code: "stripe_unavailable" });
    expect(await lastRun()).toMatchObject({
      state: "running",
      phase: "disputes",
      problem: expect.stringContaining("Stripe did not answer"),
    });
    await control().resetLog();
    const run = await scene.run("full");
    expect(run).toMatchObject({ state: "finished", problem: null, counts: { charges } });
    const { requests } = await control().requests({ pathPrefix: "/v1/charges" });
    expect(requests).toEqual([]);
  });

  it("compares what there was when it began, once, whatever is created while it pages", async () => {
    let pages = 0;
    const run = await scene.run("full", {
      onProgress: () => {
        pages += 1;
        if (pages < 5)
          void control().createForeignPayment({ key: scene.stripeKey, amount: 1, currency: "usd" });
      },
    });
    expect(run.counts).toMatchObject({ charges, payments: charges });
    expect(run.counts.found ?? 0).toBe(0);
    expect(pages).toBeGreaterThan(5);
  });

  it("is alone: of two at once one runs, and the other says that it is busy", async () => {
    const order = { projectId: scene.projectId, ring: "full", requestsPerSecond: 1_000 } as const;
    const outcomes = await Promise.all([
      runReconciliation(scene.reconcileContext(), order),
      runReconciliation(scene.reconcileContext(), { ...order, ring: "objects" }),
    ]);
    expect(outcomes.map(({ kind }) => kind).sort()).toEqual(["busy", "finished"]);
    const [one, other] = outcomes;
    expect(one.run.id).toBe(other.run.id);
  });

  it("that was asked to stop is gone on with", async () => {
    const asked = new AbortController();
    const order = { projectId: scene.projectId, ring: "full", requestsPerSecond: 1_000 } as const;
    const outcome = await runReconciliation(scene.reconcileContext(), {
      ...order,
      signal: asked.signal,
      onProgress: ({ phase, cursor }) => {
        if (phase === "charges" && cursor !== null) asked.abort();
      },
    });
    expect(outcome).toMatchObject({
      kind: "interrupted",
      run: { state: "running", phase: "charges" },
    });
    const run = await scene.run("full");
    expect(run.id).toBe(outcome.run.id);
    expect(run.counts).toMatchObject({ charges, payments: charges });
  });

  it("leaves payments alone that are younger than a minute", async () => {
    await pay("young");
    const before = await scene.found();
    expect((await scene.run("objects")).counts.found ?? 0).toBe(0);
    expect(await scene.found()).toEqual(before);
    await scene.later(61);
    expect((await scene.run("objects")).counts).toMatchObject({ healed: 1 });
    expect(await balanceOf(scene, "young")).toBe(500);
  });

  it("heals no more than it may, and the next one the rest", async () => {
    for (let n = 0; n < 5; n++) await pay(`capped_${n}`);
    await scene.later(120);
    const runs = [];
    for (let n = 0; n < 3; n++) runs.push((await scene.run("full")).counts);
    expect(runs.map(({ found, healed }) => [found, healed])).toEqual([
      [5 + 4, 2],
      [3 + 4, 2],
      [1 + 4, 1],
    ]);
    expect(await scene.open()).toHaveLength(4); // the foreign ones of the test above
  });

  it("bridges by objects what Stripe no longer lists of its events", async () => {
    await pay("bridged");
    const since = new Date(scene.reconcileContext().clock.nowMs() - 60_000);
    await scene.later(40 * 86_400);
    const run = await scene.run("events", { since });
    expect(run.bridgedFrom).toEqual(since);
    expect(run.counts).toMatchObject({ healed: 1 });
    expect(run.counts.events ?? 0).toBe(0);
    expect(await balanceOf(scene, "bridged")).toBe(500);
  });

  it("that was asked for waits minutes for a worker before another project of the account may end it", async () => {
    const { ctx, stripeKey } = scene;
    const keys = { apiKey: `chg_test_${"2".repeat(48)}`, webhookSecret: `whsec_${"2".repeat(48)}` };
    const asker = await openTestProject(ctx, { ...keys, stripeKey, name: "asker" });
    const asking = { ...ctx, ...scene.reconcileContext() };
    const ask = { projectId: asker, ring: "events", dryRun: false } as const;
    const theirs = { projectId: scene.projectId, ring: "events" } as const;
    const asked = await requestRun(asking, ask);
    if (asked.kind !== "begun") throw new Error("nothing was at work");
    const { id } = asked.run;
    expect(await runReconciliation(asking, theirs)).toMatchObject({ kind: "busy", run: { id } });
    const answered = await runReconciliation(asking, { ...ask, runId: id });
    expect(answered).toMatchObject({ kind: "finished", run: { id, state: "finished" } });

    const left = await requestRun(asking, ask);
    await ctx
      .db("reconciliation_runs")
      .where({ state: "running" })
      .update({ started_at: ctx.db.raw("now() - interval '6 minutes'") });
    expect(await runReconciliation(asking, theirs)).toMatchObject({ kind: "finished" });
    const [newest] = (await readRuns(ctx.db, { projectId: asker, size: 1 })).data;
    expect(newest).toMatchObject({ state: "failed" });
    expect(left).toMatchObject({ kind: "begun", run: { id: newest?.id } });
  });
});
