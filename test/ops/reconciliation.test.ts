import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { wholeCredits } from "../../src/kernel/credits.js";
import { type ProjectId, publicId } from "../../src/kernel/ids.js";
import { readWallet } from "../../src/ledger/read-wallet.js";
import type { ReconciliationRunId } from "../../src/reconciliation/rules.js";
import { startBackend, type TestBackend } from "../platform/queue/backends.js";
import { insertProject, walletBook } from "../support/ledger.js";
import { queueBackends } from "../support/queue-backends.js";
import { account, insertCase, insertRun } from "./drift-rows.js";
import { type OpsWeb, startOpsWeb } from "./ops-web.js";

describe.each(queueBackends)("the page of reconciliation, with the queue on %s", (kind) => {
  let backend: TestBackend;
  let web: OpsWeb;
  let cookie: string;
  let projectId: ProjectId;
  let run: ReconciliationRunId;
  const path = "/ops/reconciliation";
  beforeAll(async () => {
    backend = await startBackend(kind);
    web = await startOpsWeb({ engine: await backend.engine(), databaseUrl: backend.databaseUrl });
    cookie = await web.logIn();
  });
  afterAll(async () => {
    await web.close();
    await backend.stop();
  });

  const page = async (query = "") => {
    const answer = await web.get(`${path}${query}`, { cookie });
    expect(answer.status).toBe(200);
    return (await answer.text()).replace(/<style>.*<\/style>/s, "");
  };
  const post = (to: string, fields: Record<string, string>, headers: Record<string, string> = {}) =>
    web.send("POST", `${path}${to}`, new URLSearchParams(fields), { cookie, ...headers });
  const project = () => publicId("project", projectId);

  it("says of every list that it is empty", async () => {
    const text = await page();
    for (const words of ["Nothing differs", "No runs yet", "No drift", "Nothing had to be healed"])
      expect(text).toContain(words);
  });

  it("shows open cases with what they are about, and what was compared and healed", async () => {
    projectId = await insertProject(web.ctx.db, `shop-${kind}`);
    run = await insertRun(web.ctx.db, projectId);
    const { walletId } = await walletBook(web.ctx.db, projectId);
    const of = { projectId, foundBy: run };
    await insertCase(web.ctx.db, of, { stripe_object: "ch_linked", wallet_id: walletId });
    await insertCase(web.ctx.db, of, {
      class: "balance_drift",
      account_id: "",
      livemode: null,
      stripe_object: null,
      subject: "wallet_equals_transfers",
    });
    await insertCase(web.ctx.db, of, {
      class: "missing_grant",
      state: "healed",
      healing_by: run,
      healed_credits: String(wholeCredits(500)),
      closed_at: web.ctx.db.raw("clock_timestamp()"),
    });
    const text = await page();
    expect(text).toContain("1 balance drift, 1 orphan payment");
    expect(text).toContain(
      `href="https://dashboard.stripe.com/${account}/test/payments/ch_linked"`,
    );
    expect(text).toMatch(/href="[^"]*\/wallet\/wal_[^"]+" rel="noreferrer">wal_/);
    expect(text).toContain("No purchase explains this payment of &lt;$9.99&gt;.");
    expect(text).toContain("Booked $0.00, at Stripe $9.99");
    expect(text).toContain("998 charges, 1000 payments");
    expect(text).toContain("charged $9,990.00, booked $9,980.01, foreign $9.99");
    expect(text).toMatch(/3 differences were found and 1 healed; 2 are open/);
    expect(text).toMatch(/<svg[^>]*role="img"[^>]*>.*<rect class="open"/s);
    expect(text.indexOf("Open cases")).toBeLessThan(text.indexOf("Runs</h2>"));
    expect(text.match(/\/assign"/g)).toHaveLength(1);
    expect(text.match(/\/dismiss"/g)).toHaveLength(2);
  });

  it("answers each run as JSON with what it found", async () => {
    const answer = await web.get(`${path}/runs/${publicId("reconciliationRun", run)}`, { cookie });
    expect(await answer.json()).toMatchObject({
      ring: "full",
      counts: { payments: 1_000 },
      sums: { usd: { charged: { amount: 999_000, display: "$9,990.00" } } },
      differences: {
        data: expect.arrayContaining([
          expect.objectContaining({ class: "balance_drift" }),
          expect.objectContaining({
            class: "orphan_payment",
            links: {
              purchase: null,
              wallet: expect.stringContaining("/wallet/wal_"),
              stripe: `https://dashboard.stripe.com/${account}/test/payments/ch_linked`,
            },
          }),
        ]),
      },
    });
    expect((await web.get(`${path}/runs/run_nonsense`, { cookie })).status).toBe(400);
  });

  it("assigns a payment once, as the operator, and dismisses with a reason", async () => {
    const { db } = web.ctx;
    const id = await insertCase(db, { projectId, foundBy: run });
    const reference = publicId("discrepancy", id);
    const form = {
      project: project(),
      customerId: "user_9",
      credits: "12.5",
      reason: "paid by phone",
    };
    const done = await post(`/cases/${reference}/assign`, form);
    expect([done.status, done.headers.get("location")]).toEqual([303, `${path}?said=assigned`]);
    expect((await readWallet(db, projectId, "user_9"))?.available).toBe(12_500_000n);
    expect((await post(`/cases/${reference}/assign`, form)).status).toBe(409);
    const other = await insertCase(db, { projectId, foundBy: run });
    const dismissed = await post(`/cases/${publicId("discrepancy", other)}/dismiss`, {
      project: project(),
      reason: "another shop's",
    });
    expect(dismissed.status).toBe(303);
    expect(await page("?said=dismissed")).toContain("The case is dismissed.");
    const lines = await db("audit_log")
      .whereIn("action", ["case.assign", "case.dismiss"])
      .andWhere({ project_id: projectId });
    expect(lines.map(({ actor }) => actor)).toEqual(["operator:operator", "operator:operator"]);
  });

  it("dismisses all payments of other shops of one project at once", async () => {
    const { db } = web.ctx;
    const own = await insertProject(db, `shared-${kind}`);
    const of = { projectId: own, foundBy: await insertRun(db, own) };
    for (let n = 0; n < 3; n++) await insertCase(db, of);
    const others = await db("discrepancies").where({ project_id: projectId, state: "open" });
    const form = { project: publicId("project", own), reason: "another shop's" };
    const done = await post("/cases/dismiss-foreign", form);
    expect(done.headers.get("location")).toBe(`${path}?said=foreign`);
    expect(await page("?said=foreign")).toContain("are dismissed");
    expect(await db("discrepancies").where({ project_id: own, state: "dismissed" })).toHaveLength(
      3,
    );
    expect(await db("discrepancies").where({ project_id: projectId, state: "open" })).toEqual(
      others,
    );
  });

  it("refuses what is no form of ours, and changes nothing", async () => {
    const { db } = web.ctx;
    const id = await insertCase(db, { projectId, foundBy: run });
    const to = `/cases/${publicId("discrepancy", id)}/dismiss`;
    const form = { project: project(), reason: "no" };
    expect((await post(to, { ...form, reason: " " })).status).toBe(400);
    expect((await post(to, { ...form, more: "1" })).status).toBe(400);
    expect((await post(to, form, { origin: "https://evil.example" })).status).toBe(403);
    expect((await web.send("POST", `${path}${to}`, new URLSearchParams(form))).status).toBe(401);
    const elsewhere = publicId("project", await insertProject(db));
    expect((await post(to, { ...form, project: elsewhere })).status).toBe(404);
    expect((await db("discrepancies").where({ id }).first()).state).toBe("open");
  });

  it("asks a worker to run now, and says what it said by words of ours alone", async () => {
    const asked = await post("/runs", { project: project(), ring: "ledger" });
    expect(asked.headers.get("location")).toBe(`${path}?said=asked`);
    expect(await page("?said=asked")).toContain("A worker compares now.");
    expect(await page("?said=anything")).not.toContain('role="status"');
    expect((await post("/runs", { project: project(), ring: "none" })).status).toBe(400);
  });
});
