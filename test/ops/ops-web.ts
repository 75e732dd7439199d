import { randomBytes } from "node:crypto";
import { z } from "zod";
import type { Clock } from "../../src/kernel/clock.js";
import type { OpsContext, Watched } from "../../src/ops/context.js";
import { createOpsMount } from "../../src/ops/create-ops-mount.js";
import { opsRoutes } from "../../src/ops/routes.js";
import { type Monitor, startMonitor } from "../../src/ops/start-monitor.js";
import { Secret } from "../../src/platform/config/secret.js";
import { connectDatabase, closeDatabase } from "../../src/platform/db/connect.js";
import { createHttpApp } from "../../src/platform/http/create-app.js";
import { listen } from "../../src/platform/http/listen.js";
import { defineJob, type Job } from "../../src/platform/jobs/define-job.js";
import { createRinger } from "../../src/platform/jobs/ringer.js";
import { done } from "../../src/platform/jobs/outcome.js";
import { createLog } from "../../src/platform/log/create-log.js";
import { createMetrics } from "../../src/platform/metrics/create-metrics.js";
import type { QueueEngine } from "../../src/platform/queue/engine.js";
import { createVault } from "../../src/platform/vault/vault.js";

export const operatorPassword = "a test's own long password";
export const masterKey = randomBytes(32);

/** The jobs of a small product, on two queues. What `run` does is up to the test. */
export function testJobs(
  run: (payment: string) => Promise<void> = async () => undefined,
): readonly Job<unknown>[] {
  const payload = z.object({ payment: z.string() });
  const settle = defineJob<unknown, typeof payload>({
    name: "payment.settle",
    queue: "payments",
    payload,
    attempts: 1,
    run: async (_ctx, { payment }) => {
      await run(payment);
      return done;
    },
  });
  const report = defineJob<unknown, typeof payload>({
    name: "report.write",
    queue: "reports",
    payload,
    run: async () => done,
  });
  return [settle, report];
}

export interface OpsWebOptions {
  readonly engine: QueueEngine;
  readonly databaseUrl: string;
  readonly watched?: Partial<Watched>;
  readonly config?: Partial<OpsContext["config"]>;
  readonly publicUrl?: string;
  readonly clock?: Clock;
}

export interface OpsWeb {
  readonly url: string;
  readonly ctx: OpsContext;
  readonly monitor: Monitor;
  readonly logged: () => string;
  /** Without following redirects. */
  get(path: string, headers?: Record<string, string>): Promise<Response>;
  /** With our own origin, unless the headers name another. */
  send(
    method: string,
    path: string,
    body?: URLSearchParams | string,
    headers?: Record<string, string>,
  ): Promise<Response>;
  /** Logs in and answers the `Cookie` header that the browser would send. */
  logIn(): Promise<string>;
  close(): Promise<void>;
}

/** The operator pages and probes of a web process, over real HTTP. */
export async function startOpsWeb(options: OpsWebOptions): Promise<OpsWeb> {
  const lines: string[] = [];
  const destination = { write: (line: string) => void lines.push(line) };
  const db = connectDatabase({ url: options.databaseUrl, poolMax: 4, applicationName: "ops-test" });
  const ctx: OpsContext = {
    db,
    log: createLog({ level: "debug", name: "ops", destination }),
    clock: options.clock ?? { nowMs: Date.now },
    vault: createVault([{ id: "k1", bytes: masterKey }]),
    publicUrl: options.publicUrl ?? "http://localhost:3000",
    engine: options.engine,
    ringer: createRinger(options.engine),
    metrics: createMetrics(),
    config: {
      operator: { user: "operator", password: new Secret(operatorPassword) },
      metricsToken: undefined,
      stripe: { apiBase: undefined },
      ...options.config,
    },
  };
  const watched = { jobs: testJobs(), parts: [], needsQueue: false, ...options.watched };
  const monitor = startMonitor(ctx, watched);
  const app = createHttpApp<OpsContext>({
    routes: opsRoutes(ctx, monitor),
    rawMounts: [createOpsMount(ctx, monitor)],
    ctx,
    authenticate: async () => undefined,
    log: ctx.log,
  });
  const server = await listen(app, { host: "127.0.0.1", port: 0 });
  const ask = (path: string, init: RequestInit): Promise<Response> =>
    fetch(server.url + path, { redirect: "manual", ...init });
  const send: OpsWeb["send"] = (method, path, body, headers = {}) =>
    ask(path, { method, body: body ?? null, headers: { origin: server.url, ...headers } });
  return {
    url: server.url,
    ctx,
    monitor,
    logged: () => lines.join(""),
    get: (path, headers = {}) => ask(path, { headers }),
    send,
    logIn: async () => {
      const answer = await send("POST", "/ops/login", credentials());
      return (answer.headers.get("set-cookie") ?? "").split(";")[0] ?? "";
    },
    close: async () => {
      monitor.stop();
      await server.close({ timeoutMs: 2_000 });
      await closeDatabase(db);
    },
  };
}

export function credentials(password = operatorPassword, user = "operator"): URLSearchParams {
  return new URLSearchParams({ user, password });
}
