import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createRinger } from "../../../src/platform/jobs/ringer.js";
import type { QueueEngine } from "../../../src/platform/queue/engine.js";
import { until } from "../../support/until.js";
import { hasRedis, queueBackends } from "../../support/queue-backends.js";
import { startBackend, type TestBackend } from "../queue/backends.js";
import { noteJob, openWorkshop } from "./work.js";

const capMs = 250;
/** The cap, and what a busy machine may add to it. */
const promptMs = capMs + 250;

describe.each(queueBackends)("with %s in trouble", (kind) => {
  let backend: TestBackend;
  let engine: QueueEngine;
  beforeAll(async () => {
    backend = await startBackend(kind);
    engine = await backend.engine();
  });
  afterAll(() => backend.stop());

  it("a worker started while it is down works once it is there, and is unhealthy until then", async () => {
    const gateway = await backend.gateway({ closed: true });
    const job = noteJob();
    await engine.queue(job.queue).add(job.name, { id: "one" });
    const workshop = await openWorkshop(await backend.engine(gateway), [job]);
    const why = await until(() => workshop.workers.progress().why, { because: "bad news" });
    expect(why).toContain(job.queue);
    expect(workshop.workers.progress().healthy).toBe(false);
    await gateway.open();
    expect(await workshop.ended(1)).toEqual(["done"]);
    expect(workshop.workers.progress()).toMatchObject({ healthy: true, why: null });
    await workshop.stop();
  });

  it("a worker that lost it works on when it is back", async () => {
    const gateway = await backend.gateway();
    const job = noteJob();
    const workshop = await openWorkshop(await backend.engine(gateway), [job]);
    await engine.queue(job.queue).add(job.name, { id: "before" });
    await workshop.ended(1);
    await gateway.close();
    await engine.queue(job.queue).add(job.name, { id: "during" });
    await gateway.open();
    await workshop.ended(2, 15_000);
    expect(workshop.seen).toEqual(["before", "during"]);
    await workshop.stop();
  });

  it("a worker whose connections died without a word works again within twenty seconds", async () => {
    const gateway = await backend.gateway();
    const job = noteJob();
    const workshop = await openWorkshop(await backend.engine(gateway), [job], {
      timing: { silentMs: 7_000 },
    });
    await engine.queue(job.queue).add(job.name, { id: "before" });
    await workshop.ended(1);
    gateway.strand();
    await engine.queue(job.queue).add(job.name, { id: "after" });
    await workshop.ended(2, 20_000);
    expect(workshop.seen).toEqual(["before", "after"]);
    await workshop.stop();
  });

  it("a worker that stays silent although the queue answers is reported and replaced", async () => {
    const job = noteJob();
    let made = 0;
    const deafOnce: QueueEngine = {
      ...engine,
      createWorker: (name, processor, options) => {
        const worker = engine.createWorker(name, processor, options);
        made += 1;
        if (made === 1) worker.getBackend().moveToActive = () => new Promise(() => undefined);
        return worker;
      },
    };
    const timing = { silentMs: 1_500, unhealthyMs: 300 };
    const workshop = await openWorkshop(deafOnce, [job], { timing });
    await engine.queue(job.queue).add(job.name, { id: "one" });
    await until(() => made === 1 && !workshop.workers.progress().healthy, { because: "bad news" });
    await workshop.ended(1);
    expect(made).toBe(2);
    await workshop.stop();
  });

  it.each(["down", "frozen"] as const)(
    "%s: a ring gives up within its cap, later rings cost nothing, and the first after recovery is heard",
    async (trouble) => {
      const gateway = await backend.gateway();
      const ringer = createRinger(await backend.engine(gateway), { capMs });
      const job = noteJob();
      await until(() => ringer.ring(job, { id: "before" }), { because: "a first ring" });
      if (trouble === "down") await gateway.close();
      else gateway.freeze();
      const durationsMs: number[] = [];
      for (let ring = 1; ring <= 8; ring++) {
        const startMs = performance.now();
        expect(await ringer.ring(job, { id: `ring-${ring}` })).toBe(false);
        durationsMs.push(performance.now() - startMs);
      }
      expect(Math.max(...durationsMs)).toBeLessThan(promptMs);
      expect(Math.max(...durationsMs.slice(-3))).toBeLessThan(50);
      expect(ringer.counts().failed).toBeGreaterThanOrEqual(8);
      if (trouble === "down") await gateway.open();
      else gateway.thaw();
      await until(() => ringer.ring(job, { id: "after" }), { because: "a ring to be heard again" });
    },
  );

  it("stop ends within its time while the queue is down", async () => {
    const gateway = await backend.gateway();
    const job = noteJob();
    const workshop = await openWorkshop(await backend.engine(gateway), [job]);
    await engine.queue(job.queue).add(job.name, { id: "one" });
    await workshop.ended(1);
    await gateway.close();
    const startMs = performance.now();
    await workshop.workers.stop({ timeoutMs: 500 });
    expect(performance.now() - startMs).toBeLessThan(5_000);
  });
});

it.runIf(hasRedis)(
  "a ring gives up within its cap while Redis itself is stopped by SIGSTOP",
  async () => {
    const backend = await startBackend("redis");
    const ringer = createRinger(await backend.engine(), { capMs });
    const job = noteJob();
    await until(() => ringer.ring(job, { id: "before" }), { because: "a first ring" });
    backend.redis?.freeze();
    const startMs = performance.now();
    expect(await ringer.ring(job, { id: "frozen" })).toBe(false);
    expect(performance.now() - startMs).toBeLessThan(promptMs);
    backend.redis?.thaw();
    await until(() => ringer.ring(job, { id: "after" }), { because: "a ring to be heard again" });
    await backend.stop();
  },
);
