import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { publicId } from "../../src/kernel/ids.js";
import { defineSchedule } from "../../src/platform/schedules/define-schedule.js";
import { startScheduler } from "../../src/platform/schedules/start-scheduler.js";
import { pauseProject } from "../../src/tenancy/pause-project.js";
import { resumeProject } from "../../src/tenancy/resume-project.js";
import { insertProject } from "../support/ledger.js";
import { until } from "../support/until.js";
import { queueBackends } from "../support/queue-backends.js";
import { startBackend, type TestBackend } from "../platform/queue/backends.js";
import { openGateway } from "../platform/queue/gateway.js";
import { silentLog } from "../platform/queue/silent-log.js";
import { type OpsWeb, startOpsWeb } from "./ops-web.js";
import {
  insertBought,
  insertQuarantined,
  insertQuarantinedBatch,
  insertRefund,
  insertTroubled,
} from "./troubled-rows.js";

describe.each(queueBackends)("the overview, with the queue on %s", (kind) => {
  let backend: TestBackend;
  let web: OpsWeb;
  let cookie: string;
  beforeAll(async () => {
    backend = await startBackend(kind);
    web = await startOpsWeb({ engine: await backend.engine(), databaseUrl: backend.databaseUrl });
    cookie = await web.logIn();
  });
  afterAll(async () => {
    await web.close();
    await backend.stop();
  });

  /** The page as a person reads it: without its style sheet. */
  const overview = async (): Promise<string> => {
    const answer = await web.get("/ops", { cookie });
    expect(answer.status).toBe(200);
    return (await answer.text()).replace(/<style>.*<\/style>/s, "");
  };

  it("says of every list that it is empty, and why that is good or not", async () => {
    const page = await overview();
    expect(page).toContain("The books of every project keep their invariants.");
    expect(page).toContain("Every payment matches what was agreed.");
    expect(page).toContain("Every refund that was asked for is done, failed, or a moment old.");
    expect(page).toContain("Every refund and dispute is clear.");
    expect(page).toContain("All usage that was accepted can be applied.");
    expect(page).toContain("Every event was handled");
    expect(page).toContain("No scheduler has ever run on this database.");
    expect(page).toContain("0 events wait");
  });

  it("shows a quarantined purchase with its reason and what it is at Stripe", async () => {
    const { id, projectId } = await insertQuarantined(web.ctx.db);
    const page = await overview();
    expect(page).toContain(publicId("purchase", id));
    expect(page).toContain(publicId("project", projectId));
    expect(page).toContain("The amount at Stripe is $19.99, but $9.99 was agreed.");
    expect(page).toContain("500 credits for $9.99");
    expect(page).toMatch(
      /href="https:\/\/dashboard\.stripe\.com\/acct_1OpsTestAccount\/test\/payments\/pi_3Ops/,
    );
    expect(page).toMatch(/\/acct_1OpsTestAccount\/test\/search\?query=cs_test_/);
    expect(page).toContain("chargly purchases release");
  });

  it("shows refunds that nobody has finished, and refunds that are not clear, with their way to Stripe", async () => {
    const bought = await insertBought(web.ctx.db);
    const old = { createdSecondsAgo: 600 };
    const unknown = await insertRefund(web.ctx.db, bought, old);
    const known = await insertRefund(web.ctx.db, await insertBought(web.ctx.db), {
      ...old,
      stripeRefundId: "re_3OpsKnown",
    });
    const fresh = await insertRefund(web.ctx.db, await insertBought(web.ctx.db), {
      createdSecondsAgo: 5,
    });
    const unclear = await insertBought(web.ctx.db, 'Stripe says the refund re_1 is "<new>".');
    const page = await overview();
    expect(page).toContain(publicId("refund", unknown));
    expect(page).toContain("It is not known whether Stripe has it.");
    expect(page).toContain("/acct_1OpsTestAccount/test/payments/ch_3Ops");
    expect(page).toContain(publicId("refund", known));
    expect(page).toContain("/acct_1OpsTestAccount/test/search?query=re_3OpsKnown");
    expect(page).not.toContain(publicId("refund", fresh));
    expect(page).toContain(publicId("purchase", unclear.id));
    expect(page).toContain("Stripe says the refund re_1 is &quot;&lt;new&gt;&quot;.");
    expect(page).not.toContain("Every refund and dispute is clear.");
  });

  it("shows quarantined usage with its reason, and how to apply it after all", async () => {
    const id = await insertQuarantinedBatch(web.ctx.db, "a <b>constraint</b> said no");
    const page = await overview();
    expect(page).toContain(publicId("usageBatch", id));
    expect(page).toContain("a &lt;b&gt;constraint&lt;/b&gt; said no");
    expect(page).toContain("chargly usage retry");
  });

  it("shows a paused project with what is broken, and how to let it go on", async () => {
    const id = await insertProject(web.ctx.db);
    await pauseProject(web.ctx, id, "seq_gapless (wallet wal_x: <b>gap</b>)", "test");
    const page = await overview();
    expect(page).toContain(publicId("project", id));
    expect(page).toContain("seq_gapless (wallet wal_x: &lt;b&gt;gap&lt;/b&gt;)");
    expect(page).toContain("chargly projects resume");
    const isTold = async () =>
      (await overview()).includes("1 paused: an invariant of their books is broken");
    await until(isTold, { because: "the readiness of a second ago to be read again" });
    const text = await (await web.get("/metrics", { cookie })).text();
    expect(text).toContain("projects_paused 1");
    await resumeProject(web.ctx, { projectId: id, forcedBecause: null }, "test");
    expect(await overview()).toContain("The books of every project keep their invariants.");
  });

  it("escapes what came from outside", async () => {
    await insertQuarantined(web.ctx.db, '<img src=x onerror="alert(1)">');
    const page = await overview();
    expect(page).toContain("&lt;img src=x onerror=&quot;alert(1)&quot;&gt;");
    expect(page).not.toContain("<img");
  });

  it("shows events that failed before those that nobody handles, and no others", async () => {
    const { db } = web.ctx;
    await insertTroubled(db, { eventId: "evt_failed", status: "failed", reason: "It gave up." });
    const reason = "No handler for charge.refunded yet.";
    await insertTroubled(db, { eventId: "evt_unhandled", status: "unhandled", reason });
    await insertTroubled(db, { eventId: "evt_fine", status: "processed" });
    await insertTroubled(db, { eventId: "evt_foreign", status: "ignored", reason: "Not ours." });
    const page = await overview();
    expect(page).toContain("It gave up.");
    expect(page).toContain(reason);
    expect(page).not.toContain("evt_fine");
    expect(page).not.toContain("evt_foreign");
    expect(page.indexOf("evt_failed")).toBeLessThan(page.indexOf("evt_unhandled"));
  });

  it("shows at most fifty of each", async () => {
    const { db } = web.ctx;
    for (let number = 0; number < 60; number++)
      await insertTroubled(db, { eventId: `evt_many${number}`, status: "unhandled" });
    const page = await overview();
    expect(page.match(/events\/evt_many\d+/g)).toHaveLength(50);
    expect(page).toContain("evt_many59");
  });

  it("counts the jobs of each queue and leads to them", async () => {
    const queue = web.ctx.engine.queue("payments");
    for (let number = 0; number < 3; number++)
      await queue.add("payment.settle", { payment: `pi_${number}` });
    const page = await overview();
    expect(page).toMatch(
      /href="\/ops\/queues\/queue\/payments">payments<\/a>.*payment\.settle.*>3</,
    );
    expect(page).toContain("report.write");
  });

  it("shows when each schedule ran, and the error of the one that fails", async () => {
    const { db } = web.ctx;
    const schedules = [
      defineSchedule({ name: "books.balance", everySeconds: 3_600, run: async () => undefined }),
      defineSchedule({
        name: "books.break",
        everySeconds: 60,
        run: async () => {
          throw new Error("the books are locked");
        },
      }),
    ];
    const scheduler = startScheduler({ db, schedules, ctx: {}, log: silentLog, tickMs: 60_000 });
    for (const { name } of schedules) await scheduler.runNow(name);
    await scheduler.stop({ timeoutMs: 5_000 });
    const page = await overview();
    expect(page).toMatch(/books\.balance.*every 1 h.*on time.*<time/s);
    expect(page).toMatch(/books\.break.*failed \d times? in a row.*the books are locked/s);
    await db("schedules")
      .where({ name: "books.balance" })
      .update({ next_due_at: db.raw("clock_timestamp() - interval '5 minutes'") });
    expect(await overview()).toContain("overdue: is a scheduler running?");
  });

  it("comes up while the database is away, and says what could not be read", async () => {
    const gateway = await openGateway(backend.databaseUrl);
    const cut = await startOpsWeb({ engine: await backend.engine(), databaseUrl: gateway.url });
    const session = await cut.logIn();
    await gateway.close();
    const answer = await cut.get("/ops", { cookie: session });
    expect(answer.status).toBe(200);
    const page = await answer.text();
    expect(page.match(/This could not be read/g)).toHaveLength(7);
    expect(page).toContain("failing");
    await cut.close();
  });

  it("links to no dashboard while payments go to a simulator", async () => {
    const simulated = await startOpsWeb({
      engine: await backend.engine(),
      databaseUrl: backend.databaseUrl,
      config: { stripe: { apiBase: "http://127.0.0.1:12111" } },
    });
    await insertQuarantined(web.ctx.db);
    const answer = await simulated.get("/ops", { cookie });
    const page = await answer.text();
    expect(page).not.toContain("dashboard.stripe.com");
    expect(page).toContain("pi_3Ops");
    await simulated.close();
  });
});
