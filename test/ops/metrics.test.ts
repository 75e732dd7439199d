import { request } from "node:http";
import { networkInterfaces } from "node:os";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { scrapeRefusal } from "../../src/ops/allow-scrape.js";
import { newId } from "../../src/kernel/ids.js";
import { Secret } from "../../src/platform/config/secret.js";
import { listen } from "../../src/platform/http/listen.js";
import { insertEvents } from "../../src/stripe-events/store.js";
import { queueBackends } from "../support/queue-backends.js";
import { startBackend, type TestBackend } from "../platform/queue/backends.js";
import { openGateway } from "../platform/queue/gateway.js";
import { type OpsWeb, startOpsWeb } from "./ops-web.js";

const token = "a-token-of-the-tests-own";

describe.each(queueBackends)("metrics, with the queue on %s", (kind) => {
  let backend: TestBackend;
  let web: OpsWeb;
  beforeAll(async () => {
    backend = await startBackend(kind);
    web = await startOpsWeb({ engine: await backend.engine(), databaseUrl: backend.databaseUrl });
  });
  afterAll(async () => {
    await web.close();
    await backend.stop();
  });

  const scrape = async (): Promise<string> => {
    const answer = await web.get("/metrics");
    expect(answer.status).toBe(200);
    expect(answer.headers.get("content-type")).toContain("text/plain");
    return answer.text();
  };

  it("counts the jobs of every declared queue by state, also of queues nobody has opened", async () => {
    await web.ctx.engine.queue("payments").add("payment.settle", { payment: "pi_1" });
    await web.ctx.engine
      .queue("payments")
      .add("payment.settle", { payment: "pi_2" }, { delay: 60_000 });
    const text = await scrape();
    expect(text).toContain('queue_jobs{queue="payments",state="waiting"} 1');
    expect(text).toContain('queue_jobs{queue="payments",state="delayed"} 1');
    expect(text).toContain('queue_jobs{queue="reports",state="waiting"} 0');
    expect(text).toContain('queue_up{queue="reports"} 1');
  });

  it("says how long the oldest Stripe event waits, and how many", async () => {
    expect(await scrape()).toContain("stripe_inbox_oldest_seconds 0");
    await insertEvents(web.ctx.db, ["evt_1", "evt_2"].map(eventNamed));
    await web.ctx
      .db("stripe_events")
      .where({ event_id: "evt_1" })
      .update({ received_at: web.ctx.db.raw("clock_timestamp() - interval '90 seconds'") });
    const text = await scrape();
    expect(text).toContain("stripe_inbox_waiting_events 2");
    expect(Number(/^stripe_inbox_oldest_seconds (\S+)$/m.exec(text)?.[1])).toBeGreaterThan(89);
    await web.ctx.db("stripe_events").update({ status: "failed", next_attempt_at: null });
    const after = await scrape();
    expect(after).toContain("stripe_inbox_waiting_events 0");
    expect(after).toContain("stripe_inbox_failed_events 2");
  });

  it("counts purchases without an end, the pool, and the health of the process", async () => {
    const text = await scrape();
    expect(text).toContain('purchases_unsettled{state="open"} 0');
    expect(text).toContain('purchases_unsettled{state="quarantined"} 0');
    expect(text).toMatch(/database_pool_connections\{state="free"\} [1-4]/);
    expect(text).toContain('health_check_ok{check="eventLoop"} 1');
  });

  it("leaves a gap where nothing can be read, instead of an old number or an error", async () => {
    const gateway = await openGateway(backend.databaseUrl);
    const queueGateway = await backend.gateway();
    const engine = await backend.engine(queueGateway);
    const cut = await startOpsWeb({ engine, databaseUrl: gateway.url });
    const before = await (await cut.get("/metrics")).text();
    expect(before).toMatch(/^stripe_inbox_waiting_events \d+$/m);
    expect(before).toMatch(/^purchases_unsettled\{state="open"\} 0$/m);
    await Promise.all([gateway.close(), queueGateway.close()]);
    const answer = await cut.get("/metrics");
    const text = await answer.text();
    expect(answer.status).toBe(200);
    expect(text).not.toMatch(/^(?:stripe_inbox|purchases_unsettled|queue_jobs)/m);
    expect(text).toContain('queue_up{queue="payments"} 0');
    expect(text).toContain('health_check_ok{check="eventLoop"} 1');
    await cut.close();
  });
});

describe("who may read the metrics", () => {
  let backend: TestBackend;
  const opened: OpsWeb[] = [];
  beforeAll(async () => {
    backend = await startBackend("postgres");
  });
  afterAll(async () => {
    for (const web of opened) await web.close();
    await backend.stop();
  });
  const open = async (metricsToken?: Secret, publicUrl?: string): Promise<OpsWeb> => {
    const web = await startOpsWeb({
      engine: await backend.engine(),
      databaseUrl: backend.databaseUrl,
      config: { metricsToken },
      ...(publicUrl === undefined ? {} : { publicUrl }),
    });
    opened.push(web);
    return web;
  };

  it("with a token: who sends it, from wherever", async () => {
    const web = await open(new Secret(token), "https://credits.example.com");
    const status = async (authorization?: string): Promise<number> =>
      (await web.get("/metrics", authorization === undefined ? {} : { authorization })).status;
    expect(await status(`Bearer ${token}`)).toBe(200);
    expect(await status()).toBe(401);
    expect(await status(`Bearer ${token}x`)).toBe(401);
    expect(await status(`Bearer ${token.slice(1)}`)).toBe(401);
    expect(await status("Bearer ")).toBe(401);
  });

  it("without a token: callers on this machine, and nobody whom a proxy on this machine lets through", async () => {
    const web = await open();
    expect((await web.get("/metrics")).status).toBe(200);
    for (const name of ["x-forwarded-for", "forwarded", "via", "x-real-ip", "x-forwarded-host"])
      expect((await web.get("/metrics", { [name]: "127.0.0.1" })).status, name).toBe(403);
    expect(await statusWithHost(`${web.url}/metrics`, "credits.example.com")).toBe(403);
    expect(await statusWithHost(`${web.url}/metrics`, "localhost:3000")).toBe(200);
  });

  it("without a token: nobody, once the process has a public address", async () => {
    const web = await open(undefined, "https://credits.example.com");
    expect((await web.get("/metrics")).status).toBe(403);
  });

  it("without a token: nobody from another machine", async () => {
    const outside = Object.values(networkInterfaces())
      .flatMap((addresses) => addresses ?? [])
      .find(({ internal, family }) => !internal && family === "IPv4");
    const codes: (string | undefined)[] = [];
    const server = await listen(
      (message, answer) => {
        codes.push(scrapeRefusal(message, undefined, "http://localhost:3000")?.code);
        answer.end();
      },
      { host: "0.0.0.0", port: 0 },
    );
    await statusWithHost(`http://127.0.0.1:${server.port}/`, "localhost");
    if (outside !== undefined)
      await statusWithHost(`http://${outside.address}:${server.port}/`, "localhost");
    await server.close({ timeoutMs: 500 });
    expect(codes).toEqual(outside === undefined ? [undefined] : [undefined, "forbidden"]);
  });
});

function eventNamed(eventId: string) {
  return {
    id: newId("stripeEvent"),
    projectId: newId("project"),
    accountId: "acct_1",
    livemode: false,
    eventId,
    type: "charge.succeeded",
    payload: "{}",
  };
}

function statusWithHost(url: string, host: string): Promise<number | undefined> {
  return new Promise((done, fail) => {
    const asked = request(url, { headers: { host } }, (answer) => {
      answer.resume();
      answer.once("end", () => done(answer.statusCode));
    });
    asked.once("error", fail);
    asked.end();
  });
}
