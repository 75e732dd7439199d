import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createRinger } from "../../../src/platform/jobs/ringer.js";
import type { QueueEngine } from "../../../src/platform/queue/engine.js";
import { bundled } from "../../support/programs.js";
import { queueBackends } from "../../support/queue-backends.js";
import { startBackend, type TestBackend } from "../queue/backends.js";
import { type NoteJob, noteJob, openWorkshop, settled } from "./work.js";

const program = await bundled(fileURLToPath(new URL("worker-process.ts", import.meta.url)));
const fast = { lockDurationMs: 800, stalledIntervalMs: 400 };

describe.concurrent.each(queueBackends)("a worker process killed with SIGKILL, on %s", (kind) => {
  let backend: TestBackend;
  let engine: QueueEngine;
  beforeAll(async () => {
    backend = await startBackend(kind);
    engine = await backend.engine();
  });
  afterAll(() => backend.stop());

  /** Starts a worker process, waits until it holds the job, and kills it. */
  async function takeAndDie(job: NoteJob, timing?: typeof fast): Promise<void> {
    const { databaseUrl, redisUrl } = backend;
    const settings = { databaseUrl, redisUrl, name: job.name, queue: job.queue, timing };
    const child = spawn(process.execPath, [program, JSON.stringify(settings)], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const exited = once(child, "exit");
    const lines = createInterface(child.stdout);
    const [line]: unknown[] = await Promise.race([once(lines, "line"), exited]);
    child.kill("SIGKILL");
    await exited;
    expect(line).toBe("took one");
  }

  it("gives its job back within twelve seconds", async () => {
    const job = noteJob();
    await createRinger(engine, { capMs: 5_000 }).ring(job, { id: "one" });
    await takeAndDie(job);
    const killedMs = performance.now();
    const workshop = await openWorkshop(engine, [job]);
    expect(await workshop.ended(1, 20_000)).toEqual(["done"]);
    expect(performance.now() - killedMs).toBeLessThan(12_000);
    expect(workshop.outcomes[0]?.attempt).toBe(1);
    await workshop.stop();
  });

  it("does not cost the job its life, however often it happens", async () => {
    const job = noteJob({ attempts: 1 });
    await createRinger(engine, { capMs: 5_000 }).ring(job, { id: "one" });
    for (let kill = 1; kill <= 3; kill++) await takeAndDie(job, fast);
    const workshop = await openWorkshop(engine, [job], { timing: fast });
    expect(await workshop.ended(1)).toEqual(["done"]);
    await settled(engine, job.queue);
    expect(workshop.seen).toEqual(["one"]);
    await workshop.stop();
  });
});
