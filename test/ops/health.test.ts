import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Watched } from "../../src/ops/context.js";
import type { Check } from "../../src/ops/rules.js";
import { startHealthServer } from "../../src/ops/start-health-server.js";
import { startMonitor } from "../../src/ops/start-monitor.js";
import { type RunningWorkers, startWorkers } from "../../src/platform/jobs/start-workers.js";
import { createMetrics } from "../../src/platform/metrics/create-metrics.js";
import { defineSchedule } from "../../src/platform/schedules/define-schedule.js";
import { startScheduler } from "../../src/platform/schedules/start-scheduler.js";
import { queueBackends } from "../support/queue-backends.js";
import { startBackend, type TestBackend } from "../platform/queue/backends.js";
import { type Gateway, openGateway } from "../platform/queue/gateway.js";
import { silentLog } from "../platform/queue/silent-log.js";
import { emptyDatabase } from "../support/database.js";
import { until } from "../support/until.js";
import { readReport } from "./read-report.js";
import { type OpsWeb, startOpsWeb, testJobs } from "./ops-web.js";

describe.each(queueBackends)("probes, with the queue on %s", (kind) => {
  let backend: TestBackend;
  const opened: { close(): Promise<void> }[] = [];
  beforeAll(async () => {
    backend = await startBackend(kind);
  });
  afterAll(async () => {
    await Promise.all(opened.map((each) => each.close()));
    await backend.stop();
  });

  const open = async (
    watched: Partial<Watched> = {},
    through: { readonly queue?: Gateway; readonly database?: Gateway } = {},
  ): Promise<OpsWeb> => {
    const engine = await backend.engine(through.queue);
    const databaseUrl = through.database?.url ?? backend.databaseUrl;
    const web = await startOpsWeb({ engine, databaseUrl, watched });
    opened.push(web);
    return web;
  };
  const databaseGateway = async (): Promise<Gateway> => {
    const gateway = await openGateway(backend.databaseUrl);
    opened.push(gateway);
    return gateway;
  };

  it("a web process is healthy and ready, and says why it thinks so", async () => {
    const web = await open();
    expect(await readReport(web.url, "/healthz")).toMatchObject({
      status: 200,
      report: { status: "ok", checks: [{ name: "eventLoop", ok: true }] },
    });
    const { status, report } = await readReport(web.url, "/readyz");
    expect(status).toBe(200);
    expect(report.checks).toEqual([
      { name: "database", ok: true, detail: expect.stringMatching(/^answered in \d+ ms$/) },
      { name: "migrations", ok: true, detail: "current" },
      { name: "projects", ok: true, detail: "none is paused" },
      { name: "queue", ok: true, detail: `answers on ${kind}` },
    ]);
  });

  it("a worker is unhealthy while its queue stands still, and healthy again when jobs move", async () => {
    const gateway = await backend.gateway();
    const workers: RunningWorkers = await startWorkers({
      engine: await backend.engine(gateway),
      jobs: testJobs(),
      ctx: {},
      concurrency: 2,
      log: silentLog,
      timing: { askEverySeconds: 1, checkMs: 100, silentMs: 1_800, unhealthyMs: 2_000 },
    });
    const web = await open({ parts: [{ name: "workers", progress: workers.progress }] });
    const worker = async () => {
      const { status, report } = await readReport(web.url, "/healthz");
      return { status, check: checkNamed("workers", report.checks) };
    };
    await until(async () => (await worker()).status === 200, { because: "the worker to start" });
    gateway.freeze();
    const still = await until(
      async () => {
        const now = await worker();
        return now.status === 503 && now;
      },
      { because: "the silence to be noticed", timeoutMs: 15_000 },
    );
    expect(still.check.ok).toBe(false);
    expect(still.check.detail).toMatch(/payments|reports/);
    gateway.thaw();
    await until(async () => (await worker()).status === 200, {
      because: "jobs to move again",
      timeoutMs: 20_000,
    });
    await workers.stop({ timeoutMs: 2_000 });
  }, 60_000);

  it("a web process is ready while the queue is away, and a worker is not", async () => {
    const gateway = await backend.gateway();
    const web = await open({}, { queue: gateway });
    const worker = await open({ needsQueue: true }, { queue: gateway });
    expect((await readReport(worker.url, "/readyz")).status).toBe(200);
    await gateway.close();
    const away = await until(
      async () => {
        const answer = await readReport(web.url, "/readyz");
        return answer.report.status !== "ok" && answer;
      },
      { because: "the queue to be missed" },
    );
    expect(away.status).toBe(200);
    expect(away.report.status).toBe("degraded");
    expect(checkNamed("queue", away.report.checks).ok).toBe(false);
    await until(async () => (await readReport(worker.url, "/readyz")).status === 503, {
      because: "the worker to miss its queue",
    });
  });

  it.each(["stopped", "frozen"])(
    "is not ready while Postgres is %s, says so in time, and is healthy all the same",
    async (how) => {
      const gateway = await databaseGateway();
      const web = await open({}, { database: gateway });
      expect((await readReport(web.url, "/readyz")).status).toBe(200);
      if (how === "stopped") await gateway.close();
      else gateway.freeze();
      const startMs = performance.now();
      const down = await until(
        async () => {
          const answer = await readReport(web.url, "/readyz");
          return answer.status === 503 && answer;
        },
        { because: "the database to be missed" },
      );
      expect(performance.now() - startMs).toBeLessThan(3_500);
      expect(checkNamed("database", down.report.checks).ok).toBe(false);
      expect(JSON.stringify(down.report)).not.toContain(new URL(gateway.url).port);
      expect((await readReport(web.url, "/healthz")).status).toBe(200);
      if (how === "stopped") await gateway.open();
      else gateway.thaw();
      await until(async () => (await readReport(web.url, "/readyz")).status === 200, {
        because: "the database to be found again",
      });
    },
  );

  it("tells the public nothing of what the database said, and the log everything", async () => {
    const address = new URL(backend.databaseUrl);
    address.username = "a_user_to_hide";
    address.password = "not-the-password";
    address.pathname = "/a_database_to_hide";
    const web = await startOpsWeb({ engine: await backend.engine(), databaseUrl: address.href });
    opened.push(web);
    const { status, report } = await readReport(web.url, "/readyz");
    expect(status).toBe(503);
    expect(checkNamed("database", report.checks)).toMatchObject({
      ok: false,
      detail: "failed; the log of this process says why",
    });
    expect(JSON.stringify(report)).not.toContain("to_hide");
    expect(web.logged()).toContain("to_hide");
  });

  it("is not ready before the migrations have run, and names them", async () => {
    const database = await emptyDatabase();
    const engine = await backend.engine();
    const web = await startOpsWeb({ engine, databaseUrl: database.url });
    const { status, report } = await readReport(web.url, "/readyz");
    expect(status).toBe(503);
    expect(checkNamed("migrations", report.checks).detail).toContain("0001_tenancy");
    await web.close();
    await database.drop();
  });

  it("a worker without a web server answers on a port of its own", async () => {
    const web = await open();
    const { ctx } = web;
    const sweep = defineSchedule({
      name: "books.sweep",
      everySeconds: 1,
      run: async () => undefined,
    });
    const scheduler = startScheduler({ db: ctx.db, schedules: [sweep], ctx: {}, log: silentLog });
    const parts = [{ name: "scheduler", progress: scheduler.progress }];
    const monitor = startMonitor(ctx, { jobs: testJobs(), parts, needsQueue: true });
    const alone = { ...ctx, metrics: createMetrics() };
    const server = await startHealthServer(alone, monitor, { host: "127.0.0.1", port: 0 });
    const { status, report } = await readReport(server.url, "/healthz");
    expect(status).toBe(200);
    expect(checkNamed("scheduler", report.checks).ok).toBe(true);
    expect((await readReport(server.url, "/readyz")).status).toBe(200);
    expect((await fetch(`${server.url}/metrics`)).status).toBe(200);
    expect((await fetch(`${server.url}/ops`)).status).toBe(404);
    await server.close({ timeoutMs: 1_000 });
    monitor.stop();
    await scheduler.stop({ timeoutMs: 1_000 });
  });

  it("asks the database once for a crowd of askers", async () => {
    const web = await open();
    const crowd = Array.from({ length: 50 }, () => web.monitor.readiness());
    expect(new Set(await Promise.all(crowd)).size).toBe(1);
  });
});

function checkNamed(name: string, checks: readonly Check[]): Check {
  const found = checks.find((check) => check.name === name);
  if (found === undefined) throw new Error(`there is no check named ${name}`);
  return found;
}
