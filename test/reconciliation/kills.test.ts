import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { publicId } from "../../src/kernel/ids.js";
import { readRuns } from "../../src/reconciliation/read-runs.js";
import { type RoleProcess, startProgram } from "../support/processes.js";
import { buy } from "../support/stack.js";
import { until } from "../support/until.js";
import {
  everythingBut,
  grantTwice,
  type Scene,
  soldLongAgo,
  startReconcileScene,
} from "./scene.js";

/** `RECONCILE_KILLS`: more of them take about a second each. */
const kills = Number(process.env["RECONCILE_KILLS"] ?? 4);
const leaseMs = 500;
const shiftSeconds = 3_600;
const program = fileURLToPath(new URL("reconciler.ts", import.meta.url));
const timeoutMs = 60_000 + kills * 5_000;

describe("a reconciler that is killed between listing and writing", () => {
  let scene: Scene;
  const started: RoleProcess[] = [];
  beforeAll(async () => {
    scene = await startReconcileScene();
    const sold = await soldLongAgo(scene, 400);
    await grantTwice(scene, sold.slice(0, 3));
    const { control } = scene.simulator;
    for (let n = 0; n < 15; n++) await control.pay((await buy(scene, `user_${n}`)).sessionId);
    for (let n = 0; n < 5; n++)
      await control.createForeignPayment({ key: scene.stripeKey, amount: 1_000, currency: "usd" });
    await scene.later(shiftSeconds);
  }, timeoutMs);
  afterAll(async () => {
    await Promise.all(started.map((child) => child.kill()));
    await scene.stop();
  });

  const start = async (): Promise<RoleProcess> => {
    const project = publicId("project", scene.projectId);
    const settings = JSON.stringify({ project, shiftMs: shiftSeconds * 1_000, leaseMs });
    const tsx = import.meta.resolve("tsx");
    const child = await startProgram("--import", [tsx, program, settings], scene.env);
    started.push(child);
    return child;
  };
  const asked = async () => (await scene.simulator.control.requests()).count;
  const lastRun = async () =>
    (await readRuns(scene.ctx.db, { projectId: scene.projectId, ring: "full", size: 1 })).data[0];
  const isOver = async () => (await lastRun())?.state === "finished" && !(await lastRun())?.dryRun;

  it(
    `${kills} times reports the same in the end`,
    async () => {
      const told = await scene.run("full", { dryRun: true });
      let killed = 0;
      for (; killed < kills && !(await isOver()); killed++) {
        const child = await start();
        const before = await asked();
        const awaited = 1 + (killed % 3); // sometimes a page further, so that every list is met
        await until(async () => (await asked()) >= before + awaited || (await isOver()), {
          because: "the reconciler to ask Stripe",
          everyMs: 1,
        });
        await child.kill();
      }
      expect(killed).toBeGreaterThanOrEqual(Math.min(kills, 4));
      const last = await start();
      expect((await last.ended).code).toBe(0);

      const run = await lastRun();
      const { requests: _asked, found, ...counts } = told.counts;
      expect(found).toBe(3 + 15 + 5);
      expect(run).toMatchObject({ state: "finished", counts: { ...counts, found, healed: 15 } });
      expect(run?.sums).toEqual(told.sums);
      const classes = (await scene.found()).map((each) => `${each.class} ${each.state}`).sort();
      expect(classes).toEqual([
        ...Array.from({ length: 3 }, () => "double_grant open"),
        ...Array.from({ length: 15 }, () => "missing_grant healed"),
        ...Array.from({ length: 5 }, () => "orphan_payment open"),
      ]);
      const grants = await scene.ctx.db("transfers").where({ kind: "purchase" }).pluck("seq");
      expect(grants).toHaveLength(400 + 3 + 15);
    },
    timeoutMs,
  );

  it(
    "that was frozen and comes back writes nothing more",
    async () => {
      await scene.simulator.control.latency({ ms: 200 });
      const frozen = await start();
      await until(async () => (await lastRun())?.state === "running", { because: "a run" });
      process.kill(frozen.pid, "SIGSTOP");
      const next = await start();
      expect((await next.ended).code).toBe(0);
      const run = await lastRun();
      const before = await everythingBut(scene, scene.projectId);
      process.kill(frozen.pid, "SIGCONT");
      expect(await frozen.ended).toMatchObject({
        code: 1,
        stderr: expect.stringContaining("another process goes on with this run"),
      });
      expect(await lastRun()).toEqual(run);
      expect(await everythingBut(scene, scene.projectId)).toEqual(before);
    },
    timeoutMs,
  );
});
