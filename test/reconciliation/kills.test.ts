import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { publicId } from "../../src/kernel/ids.js";
import { readRuns } from "../../src/reconciliation/read-runs.js";
import { killAll, type RoleProcess, startProgram } from "../support/processes.js";
import { buy } from "../support/stack.js";
import { until } from "../support/until.js";
import { wholeProgram } from "../support/whole-program.js";
import {
  everythingBut,
  grantTwice,
  type Scene,
  soldLongAgo,
  startReconcileScene,
} from "./scene.js";

const kills = 50;
/** Pages of a hundred: five of charges and five of the balance, and six of other lists. */
const sold = 400;
/** Processes that are loaded while others are at work. */
const ahead = 2;
/** A page without heals has a dozen. */
const statementsMax = 40;
const shiftSeconds = 3_600;
const program = fileURLToPath(new URL("reconciler.ts", import.meta.url));
const timeoutMs = 300_000;

interface Death {
  readonly pages: number;
  readonly statements: number;
}

/** Each at another point, and every fourth a page further on; the run has more pages than that. */
function deathOf(kill: number): Death {
  return { pages: kill % 4 === 3 ? 1 : 0, statements: (kill * 7) % statementsMax };
}

describe("a reconciler that is killed between listing and writing", () => {
  let scene: Scene;
  let file: string;
  beforeAll(async () => {
    [scene, file] = await Promise.all([startReconcileScene(), wholeProgram(program)]);
    const packs = await soldLongAgo(scene, sold);
    await grantTwice(scene, packs.slice(0, 3));
    const { control } = scene.simulator;
    for (let n = 0; n < 15; n++) await control.pay((await buy(scene, `user_${n}`)).sessionId);
    for (let n = 0; n < 5; n++)
      await control.createForeignPayment({ key: scene.stripeKey, amount: 1_000, currency: "usd" });
    await scene.later(shiftSeconds);
  }, timeoutMs);
  afterAll(async () => {
    await killAll();
    await scene.stop();
  });

  /** Loaded, and waiting for its turn. */
  const load = (leaseMs: number, die?: Death): Promise<RoleProcess> => {
    const project = publicId("project", scene.projectId);
    const settings = { project, shiftMs: shiftSeconds * 1_000, leaseMs, die };
    return startProgram(file, [JSON.stringify(settings)], scene.env);
  };
  const start = async (leaseMs: number): Promise<RoleProcess> => {
    const child = await load(leaseMs);
    child.say("go");
    return child;
  };
  const lastRun = async () =>
    (await readRuns(scene.ctx.db, { projectId: scene.projectId, ring: "full", size: 1 })).data[0];

  it(
    `${kills} times reports the same in the end`,
    async () => {
      const told = await scene.run("full", { dryRun: true });
      const leaseMs = 100; // so long the next one waits
      const loading: Promise<RoleProcess>[] = [];
      const places = new Set<string>();
      let loaded = 0;
      for (let killed = 0; killed < kills; ) {
        // One that failed by itself, as on a machine that is busy, is no kill: there is another one for it.
        while (loading.length <= ahead) loading.push(load(leaseMs, deathOf(loaded++)));
        const child = await loading.shift();
        child?.say("go");
        const exit = await child?.ended;
        if (exit?.signal === "SIGKILL") killed += 1;
        else expect(exit).toMatchObject({ code: 1, stderr: expect.stringContaining("timeout") });
        const run = await lastRun();
        places.add(`${run?.phase} ${run?.cursor}`);
      }
      expect(places.size).toBeGreaterThan(kills / 5); // pages
      expect(await lastRun()).toMatchObject({ state: "running" });
      await Promise.all((await Promise.all(loading)).map((child) => child.kill()));
      const last = await start(leaseMs);
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
      expect(grants).toHaveLength(sold + 3 + 15);
    },
    timeoutMs,
  );

  it(
    "that was frozen and comes back writes nothing more",
    async () => {
      const leaseMs = 500;
      await scene.simulator.control.latency({ ms: 200 });
      const asked = async () => (await scene.simulator.control.requests()).count;
      const before = await asked();
      const frozen = await start(leaseMs);
      await until(async () => (await asked()) > before, { because: "a question", everyMs: 5 });
      process.kill(frozen.pid, "SIGSTOP");
      const next = await start(leaseMs);
      expect((await next.ended).code).toBe(0);
      const run = await lastRun();
      const written = await everythingBut(scene, scene.projectId);
      process.kill(frozen.pid, "SIGCONT");
      expect(await frozen.ended).toMatchObject({
        code: 1,
        stderr: expect.stringContaining("another process goes on with this run"),
      });
      expect(await lastRun()).toEqual(run);
      expect(await everythingBut(scene, scene.projectId)).toEqual(written);
    },
    timeoutMs,
  );
});
