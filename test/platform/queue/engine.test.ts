import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openQueueEngine } from "../../../src/platform/queue/engine.js";
import { emptyDatabase } from "../../support/database.js";
import { until } from "../../support/until.js";
import { queueBackends } from "../../support/queue-backends.js";
import { startBackend, type TestBackend } from "./backends.js";
import { silentLog } from "./silent-log.js";

describe.each(queueBackends)("the queue on %s", (kind) => {
  let backend: TestBackend;
  beforeAll(async () => {
    backend = await startBackend(kind);
  });
  afterAll(() => backend.stop());

  it("answers a ping, opens each queue once and lists what it opened", async () => {
    const engine = await backend.engine();
    await engine.ping();
    expect(engine.kind).toBe(kind);
    expect(engine.queue("money")).toBe(engine.queue("money"));
    expect(engine.queues().map((queue) => queue.name)).toEqual(["money"]);
    await engine.queue("money").add("a.job", { number: 1 });
    expect(await engine.queue("money").getWaitingCount()).toBe(1);
  });

  it("opens while its server is down, says so, and works once the server is there", async () => {
    const gateway = await backend.gateway({ closed: true });
    const engine = await backend.engine(gateway);
    await expect(engine.ping()).rejects.toThrow(/ECONNREFUSED|enableOfflineQueue|closed/);
    await expect(engine.queue("late").add("a.job", {})).rejects.toThrow(
      /ECONNREFUSED|enableOfflineQueue|closed/,
    );
    await gateway.open();
    await until(() => engine.ping().then(() => true), { because: "the queue to answer" });
    await until(() => engine.queue("late").add("a.job", {}), {
      because: "the queue to take a job",
    });
    expect(await engine.queue("late").getWaitingCount()).toBe(1);
  });

  it("fails a producer's call within seconds when its server is frozen, and recovers", async () => {
    const gateway = await backend.gateway();
    const engine = await backend.engine(gateway);
    await engine.queue("frozen").add("a.job", {});
    gateway.freeze();
    const startMs = performance.now();
    await expect(engine.queue("frozen").add("a.job", {})).rejects.toThrow(/time(d )?out/i);
    expect(performance.now() - startMs).toBeLessThan(5_000);
    await expect(engine.ping(200)).rejects.toThrow("more than 200 ms");
    gateway.thaw();
    await until(() => engine.ping().then(() => true), { because: "the queue to answer" });
  });

  it("takes jobs again after everything in it was deleted", async () => {
    const engine = await backend.engine();
    await engine.queue("emptied").add("a.job", {});
    await backend.empty();
    const add = (): Promise<unknown> =>
      engine
        .queue("emptied")
        .add("a.job", {})
        .catch((error: unknown) => {
          engine.reportFailure(error, "adding failed");
          return undefined;
        });
    await until(add, { because: "the queue to take a job again" });
    expect(await engine.queue("emptied").getWaitingCount()).toBe(1);
  });

  it("closes within seconds while its server is down", async () => {
    const gateway = await backend.gateway();
    const engine = await backend.engine(gateway);
    await engine.queue("closing").add("a.job", {});
    await gateway.close();
    const startMs = performance.now();
    await engine.close();
    expect(performance.now() - startMs).toBeLessThan(6_000);
  });
});

it("migrates once, however many processes start at once on an empty database", async () => {
  const database = await emptyDatabase();
  const open = (): ReturnType<typeof openQueueEngine> =>
    openQueueEngine({ databaseUrl: database.url, log: silentLog });
  const engines = await Promise.all(Array.from({ length: 8 }, open));
  await Promise.all(engines.map((engine) => engine.ping(10_000)));
  const seen: unknown[] = await database.db("bullmq.migration").pluck("version");
  expect(seen.length).toBe(new Set(seen).size);
  expect(seen.length).toBeGreaterThan(0);
  await Promise.all(engines.map((engine) => engine.close()));
  await database.drop();
});
