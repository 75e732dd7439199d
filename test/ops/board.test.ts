import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { createRinger } from "../../src/platform/jobs/ringer.js";
import { type RunningWorkers, startWorkers } from "../../src/platform/jobs/start-workers.js";
import type { QueueEngine } from "../../src/platform/queue/engine.js";
import { queueBackends } from "../support/queue-backends.js";
import { startBackend, type TestBackend } from "../platform/queue/backends.js";
import { silentLog } from "../platform/queue/silent-log.js";
import { until } from "../support/until.js";
import { type OpsWeb, startOpsWeb, testJobs } from "./ops-web.js";

const listed = z.object({
  queues: z.array(
    z.object({ name: z.string(), jobs: z.array(z.object({ id: z.string(), name: z.string() })) }),
  ),
});

describe.each(queueBackends)("Bull Board on %s", (kind) => {
  let backend: TestBackend;
  let engine: QueueEngine;
  let web: OpsWeb;
  let cookie: string;
  let workers: RunningWorkers;
  const broken = new Set<string>();
  const jobs = testJobs(async (payment) => {
    if (broken.has(payment)) throw new Error(`no such payment: ${payment}`);
  });
  beforeAll(async () => {
    backend = await startBackend(kind);
    engine = await backend.engine();
    web = await startOpsWeb({ engine, databaseUrl: backend.databaseUrl, watched: { jobs } });
    cookie = await web.logIn();
    workers = await startWorkers({ engine, jobs, ctx: {}, concurrency: 2, log: silentLog });
  });
  afterAll(async () => {
    await workers.stop({ timeoutMs: 2_000 });
    await web.close();
    await backend.stop();
  });

  const put = (path: string, method = "PUT", body?: string): Promise<Response> =>
    web.send(method, `/ops/queues${path}`, body, {
      cookie,
      ...(body === undefined ? {} : { "content-type": "application/json" }),
    });
  const failedJobs = async (): Promise<readonly { id: string; name: string }[]> => {
    const list = "/ops/queues/api/queues?activeQueue=payments&status=failed&page=1&jobsPerPage=10";
    const answer = await web.get(list, { cookie });
    expect(answer.status).toBe(200);
    const { queues } = listed.parse(await answer.json());
    return queues.find(({ name }) => name === "payments")?.jobs ?? [];
  };
  const fail = async (payment: string): Promise<string> => {
    broken.add(payment);
    const [settle] = jobs;
    if (settle === undefined) throw new Error("there is a job");
    await createRinger(engine, { capMs: 5_000 }).ring(settle, { payment });
    const job = await until(
      async () => (await failedJobs()).find(({ name }) => name.includes(payment)),
      { because: "the job to fail and be shown" },
    );
    return job.id;
  };

  it("shows a failed job under a name that says which payment it is, and runs it again when asked", async () => {
    const payment = "pi_1OpsRetryMe";
    const id = await fail(payment);
    const shown = await failedJobs();
    expect(shown.map(({ name }) => name)).toEqual([`payment.settle · ${payment}`]);
    broken.delete(payment);
    expect((await put(`/api/queues/payments/${id}/retry`)).status).toBe(204);
    const completed = await until(
      async () => (await engine.queue("payments").getCompleted()).find((job) => job.id === id),
      { because: "the retry to succeed" },
    );
    expect(completed.data).toEqual({ payment });
    expect(await failedJobs()).toEqual([]);
  });

  it("runs all failed jobs of a queue again when asked", async () => {
    await fail("pi_1OpsFirstOne");
    await fail("pi_1OpsSecondOne");
    broken.clear();
    const answer = await put("/api/queues/payments/retry/failed");
    expect(await answer.json()).toEqual({ retried: 2, skipped: 0 });
    await until(async () => (await failedJobs()).length === 0, { because: "the retries" });
  });

  it("refuses whatever else Bull Board could do, on the server, and changes nothing", async () => {
    const id = await fail("pi_1OpsStaysHere");
    const job = `/api/queues/payments/${id}`;
    const attempts: readonly (readonly [method: string, path: string])[] = [
      ["PUT", "/api/queues/pause"],
      ["PUT", "/api/queues/resume"],
      ["POST", "/api/queues/payments/add"],
      ["PUT", "/api/queues/payments/pause"],
      ["PUT", "/api/queues/payments/resume"],
      ["PUT", "/api/queues/payments/empty"],
      ["PUT", "/api/queues/payments/obliterate"],
      ["PUT", "/api/queues/payments/promote"],
      ["PUT", "/api/queues/payments/concurrency"],
      ["PUT", "/api/queues/payments/rate-limit"],
      ["PUT", "/api/queues/payments/rate-limit/release"],
      ["PUT", "/api/queues/payments/clean/failed"],
      // Reads like the retry of a job named "clean", and is the route that removes jobs.
      ["PUT", "/api/queues/payments/clean/retry"],
      ["PUT", "/api/queues/payments/%63lean/retry"],
      ["PUT", "/api/queues/payments/retry/completed"],
      ["PUT", "/api/queues/payments/job-schedulers/x/remove"],
      ["PUT", "/api/queues/payments/job-schedulers/x/run"],
      ["PATCH", "/api/queues/payments/job-schedulers/x"],
      ["PUT", `${job}/clean`],
      ["PUT", `${job}/promote`],
      ["PUT", `${job}/remove-unprocessed-children`],
      ["PATCH", `${job}/update-data`],
      ["PATCH", `${job}/delay`],
      ["PATCH", `${job}/priority`],
      ["DELETE", job],
      ["OPTIONS", job],
      ["PUT", `${job}/RETRY`],
    ];
    for (const [method, path] of attempts) {
      const body = method === "POST" || method === "PATCH" ? '{"jobData":{}}' : undefined;
      const answer = await put(path, method, body);
      expect(answer.status, `${method} ${path}`).toBe(403);
      expect(await answer.text()).toContain("read and retried, and nothing else");
    }
    const queue = engine.queue("payments");
    expect((await queue.getFailed()).map((failed) => failed.id)).toEqual([id]);
    expect(await queue.isPaused()).toBe(false);
  });

  it("serves its page, scripts and styles under a policy that allows them from here alone", async () => {
    const page = await web.get("/ops/queues/", { cookie });
    const text = await page.text();
    expect(page.status).toBe(200);
    expect(text).not.toMatch(/(?:src|href)="https?:/);
    const policy = page.headers.get("content-security-policy") ?? "";
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("script-src 'self'");
    expect(policy).not.toMatch(/script-src[^;]*unsafe/);
    const scripts = [...text.matchAll(/src="(static\/[^"]+)"/g)].map(([, path]) => path);
    expect(scripts.length).toBeGreaterThan(0);
    for (const path of scripts)
      expect((await web.get(`/ops/queues/${path}`, { cookie })).status).toBe(200);
  });

  it("answers an error and stays up while the queue is away", async () => {
    const gateway = await backend.gateway();
    const behind = await backend.engine(gateway);
    const cut = await startOpsWeb({ engine: behind, databaseUrl: backend.databaseUrl });
    const session = await cut.logIn();
    await gateway.close();
    const answer = await cut.get("/ops/queues/api/queues?page=1&jobsPerPage=10", {
      cookie: session,
    });
    expect(answer.status).toBe(500);
    const overview = await cut.get("/ops", { cookie: session });
    expect(overview.status).toBe(200);
    expect(await overview.text()).toContain("no answer");
    await cut.close();
  });
});
