import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { newId, parsePublicId, type ProjectId, publicId } from "../../src/kernel/ids.js";
import { runReconciliation } from "../../src/reconciliation/run-reconciliation.js";
import { createApiKey } from "../../src/tenancy/create-api-key.js";
import { scopes } from "../../src/tenancy/rules.js";
import { tamper } from "../integrity/books-api.js";
import {
  insertQuarantined,
  insertQuarantinedBatch,
  insertRefund,
  insertTroubled,
} from "../ops/troubled-rows.js";
import { balanceOf, buy, startTestStack, type TestStack } from "../support/stack.js";
import { until } from "../support/until.js";

let stack: TestStack;
beforeAll(async () => {
  stack = await startTestStack();
  await stack.simulator.control.setDelivery({ mode: "drop" });
});
afterAll(() => stack.stop());

const db = () => stack.ctx.db;
const runs = "/v1/reconciliation/runs";
const page = z.object({
  data: z.array(z.record(z.string(), z.unknown())),
  hasMore: z.boolean(),
  nextCursor: z.string().nullable(),
});
const begun = z.object({ status: z.string(), run: z.object({ id: z.string() }) });
const auditOf = (action: string) => db()("audit_log").where({ action }).pluck("subject");

/** A key of a project that was made without one. */
async function keyOf(projectId: ProjectId): Promise<Record<string, string>> {
  const key = { name: "operator", scopes };
  const { secret } = await createApiKey(stack.ctx, { id: projectId, mode: "test" }, key, "test");
  return { authorization: `Bearer ${secret}` };
}

/** Asks for a run, and looks at it until a worker has ended it. */
async function compared(ring: string, dryRun = false, headers = {}) {
  const asked = await stack.call("POST", runs, { ring, dryRun }, headers);
  expect(asked).toMatchObject({ status: 202, json: { status: "begun", run: { ring, dryRun } } });
  const { id } = begun.parse(asked.json).run;
  return until(
    async () => {
      const { json } = await stack.call("GET", `${runs}/${id}`, undefined, headers);
      return json["state"] !== "running" && json;
    },
    { because: `the run of ${ring}`, timeoutMs: 30_000 },
  );
}

describe("a failed job", () => {
  const failed = (query = "", headers = {}) =>
    stack.call("GET", `/v1/failed-jobs${query}`, undefined, headers);
  const retry = (id: unknown, headers = {}) =>
    stack.call("POST", `/v1/failed-jobs/${String(id)}/retry`, undefined, headers);

  it("that is an event is handled after all when it is retried, and is no longer listed", async () => {
    const { sessionId } = await buy(stack);
    await stack.simulator.control.pay(sessionId);
    const { id: eventId } = await insertFailedEvent(sessionId);
    const [listed] = page.parse((await failed()).json).data;
    expect(listed).toMatchObject({
      kind: "stripe_event",
      state: "failed",
      stripeObject: eventId,
      reason: "Stripe was not there",
      attempts: 110,
      retry: { isPossible: true },
    });
    expect(await retry(listed?.["id"])).toMatchObject({
      status: 202,
      json: { id: listed?.["id"], status: "waiting" },
    });
    await until(async () => (await balanceOf(stack)) === 500, { because: "the credits" });
    expect(page.parse((await failed()).json).data).toEqual([]);
    expect(await auditOf("stripe_event.retry")).toEqual([eventId]);
    expect((await retry(listed?.["id"])).status).toBe(409);
  });

  async function insertFailedEvent(sessionId: string): Promise<{ readonly id: string }> {
    const { json } = await stack.call("GET", "/v1/purchases");
    const { account } = z
      .object({ stripe: z.object({ account: z.string() }) })
      .parse(page.parse(json).data[0]).stripe;
    const id = "evt_gaveUp";
    await insertTroubled(db(), {
      eventId: id,
      status: "failed",
      reason: "Stripe was not there",
      projectId: stack.projectId,
    });
    const object = { object: "checkout.session", id: sessionId };
    await db()("stripe_events")
      .where({ event_id: id })
      .update({ payload: { data: { object } }, account_id: account, attempts: 110 });
    return { id };
  }

  describe("of every kind", () => {
    let headers: Record<string, string>;
    let purchase: Awaited<ReturnType<typeof insertQuarantined>>;
    beforeAll(async () => {
      purchase = await insertQuarantined(db());
      const { projectId } = purchase;
      headers = await keyOf(projectId);
      const type = "customer.created";
      await insertTroubled(db(), { eventId: "evt_new", status: "unhandled", type, projectId });
      await insertTroubled(db(), { eventId: "evt_done", status: "processed", projectId });
      await insertQuarantinedBatch(db(), "a lot is gone", projectId);
      await insertRefund(db(), purchase, { createdSecondsAgo: 600 });
      await insertTroubled(db(), { eventId: "evt_bad", status: "failed", projectId });
    });

    it("is listed once, the newest first, however the pages are cut, and by kind", async () => {
      const whole = page.parse((await failed("", headers)).json);
      const kinds = ["stripe_event", "refund", "usage_batch", "stripe_event", "purchase"];
      expect(whole.data.map(({ kind }) => kind)).toEqual(kinds);
      expect(whole.hasMore).toBe(false);
      for (const size of [1, 2, 3]) {
        const paged: unknown[] = [];
        for (let cursor: string | null = ""; cursor !== null; ) {
          const next: string = cursor === "" ? "" : `&cursor=${cursor}`;
          const part = page.parse((await failed(`?limit=${size}${next}`, headers)).json);
          paged.push(...part.data);
          cursor = part.nextCursor;
        }
        expect(paged).toEqual(whole.data);
      }
      const batches = page.parse((await failed("?kind=usage_batch", headers)).json).data;
      expect(batches).toMatchObject([{ reason: "a lot is gone", state: "quarantined" }]);
      expect((await failed(`?cursor=${btoa("no id")}`, headers)).json).toMatchObject({
        param: "cursor",
      });
    });

    it("is retried by whoever owns it, but for a purchase that does not match", async () => {
      const { data } = page.parse((await failed("", headers)).json);
      const [, refund, batch, , quarantined] = data.map(({ id }) => id);
      expect((await retry(batch, headers)).status).toBe(202);
      expect((await retry(refund, headers)).status).toBe(202);
      expect(await retry(quarantined, headers)).toMatchObject({
        status: 409,
        json: { code: "conflict", detail: expect.stringContaining("a person decides") },
      });
      expect(quarantined).toBe(publicId("purchase", purchase.id));
      expect(await auditOf("usage_batch.retry")).toEqual([batch]);
      expect(await auditOf("refund.retry")).toEqual([refund]);
      const held = await db()("purchases").where({ id: purchase.id }).first("quarantined_at");
      expect(held.quarantined_at).not.toBeNull();
      expect((await retry("evt_bad", headers)).status).toBe(400);
    });
  });
});

describe("a run that is asked for", () => {
  it("is answered with its id before a worker begins, and read until it is through", async () => {
    expect(await compared("ledger")).toMatchObject({ state: "finished", phase: null });
    const [newest] = page.parse((await stack.call("GET", `${runs}?ring=ledger`)).json).data;
    expect(newest).toMatchObject({ state: "finished", stripeAccount: null });
    const events = await compared("events");
    expect(events).toMatchObject({ state: "finished", livemode: false });
    expect(events).not.toHaveProperty("projectId");
  });

  it("needs a Stripe connection, but for the ring of the ledger", async () => {
    const { projectId } = await insertQuarantined(db());
    const headers = await keyOf(projectId);
    const refused = await stack.call("POST", runs, { ring: "full" }, headers);
    expect(refused).toMatchObject({ status: 409, json: { code: "stripe_not_connected" } });
    expect(await compared("ledger", false, headers)).toMatchObject({ state: "finished" });
  });

  it("waits while another of its account is at work, and does not show one of another project", async () => {
    const { id: projectId } = await db()("projects").whereNot({ id: stack.projectId }).first("id");
    const own = await db()("reconciliation_runs")
      .where({ project_id: stack.projectId, ring: "events" })
      .first();
    for (const holder of [stack.projectId, projectId]) {
      const id = newId("reconciliationRun");
      const isOurs = holder === stack.projectId;
      const lease = { lease_id: id, leased_until: db().raw("now() + interval '1 minute'") };
      const running = { state: "running", phase: "sessions", finished_at: null, ...lease };
      await db()("reconciliation_runs").insert({
        ...own,
        id,
        project_id: holder,
        ring: "full",
        ...running,
      });
      const inTheWay = isOurs ? { id: publicId("reconciliationRun", id) } : null;
      const queued = await stack.call("POST", runs, { ring: "objects" });
      expect(queued).toMatchObject({ status: 202, json: { status: "queued", run: inTheWay } });
      if (isOurs)
        expect(await stack.call("POST", runs, { ring: "full" })).toMatchObject({
          json: { status: "begun", run: inTheWay },
        });
      await db()("reconciliation_runs")
        .where({ id })
        .update({ state: "finished", phase: null, lease_id: null, leased_until: null })
        .update({ finished_at: db().fn.now() });
    }
  });

  it("that somebody else has finished is the answer, and no second one begins", async () => {
    const { id } = await compared("ledger");
    const runId = parsePublicId("reconciliationRun", id);
    const before = page.parse((await stack.call("GET", runs)).json).data.length;
    const order = { projectId: stack.projectId, ring: "ledger", runId } as const;
    expect(await runReconciliation(stack.ctx, order)).toMatchObject({
      kind: "finished",
      run: { id: runId },
    });
    expect(page.parse((await stack.call("GET", runs)).json).data).toHaveLength(before);
  });

  it("tells as a dry run how much differs and keeps nothing, and otherwise what to do", async () => {
    const { projectId } = await insertQuarantined(db());
    const headers = await keyOf(projectId);
    const gift = { credits: 5, reason: "to be forged" };
    await stack.call("POST", "/v1/wallets/forged/grants", gift, headers);
    const forge = "update wallets set available = available + 1 where customer_id = :customerId";
    await tamper(db(), forge, { customerId: "forged" });
    const found = async (query = "") => {
      const path = `/v1/reconciliation/discrepancies${query}`;
      return page.parse((await stack.call("GET", path, undefined, headers)).json).data;
    };
    const dry = await compared("ledger", true, headers);
    const counts = { found: expect.any(Number) };
    expect(dry).toMatchObject({ state: "finished", dryRun: true, counts });
    expect(await found()).toEqual([]);
    expect(await compared("ledger", false, headers)).toMatchObject({ counts: dry["counts"] });
    const drift = await found("?state=open&class=balance_drift");
    expect(drift).toHaveLength(z.object({ found: z.int().min(1) }).parse(dry["counts"]).found);
    expect(drift).toContainEqual(
      expect.objectContaining({
        class: "balance_drift",
        state: "open",
        customerId: "forged",
        means: expect.stringContaining("balance cannot be trusted"),
        remedy: expect.stringContaining("chargly projects resume"),
        stripeUrl: null,
      }),
    );
    expect(await found("?state=healed")).toEqual([]);
  });

  it("is not gone on with when it is a dry run that was ended amid its work", async () => {
    const ended = new AbortController();
    const onProgress = () => ended.abort();
    const { signal } = ended;
    const { projectId } = stack;
    const order = { projectId, ring: "ledger", dryRun: true, signal, onProgress } as const;
    const { kind, run } = await runReconciliation(stack.ctx, order);
    expect(kind).toBe("interrupted");
    const read = await stack.call("GET", `${runs}/${publicId("reconciliationRun", run.id)}`);
    expect(read.json).toMatchObject({
      state: "failed",
      problem: expect.stringContaining("a dry run is not gone on with"),
    });
  });
});
