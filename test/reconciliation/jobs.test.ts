import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readDiscrepancies } from "../../src/reconciliation/read-discrepancies.js";
import { readRuns } from "../../src/reconciliation/read-runs.js";
import { rings } from "../../src/reconciliation/rules.js";
import { readProject } from "../../src/tenancy/read-project.js";
import { tamper } from "../integrity/books-api.js";
import { queueBackends } from "../support/queue-backends.js";
import { balanceOf, buy, startTestStack, type TestStack } from "../support/stack.js";
import { until } from "../support/until.js";

describe.each(queueBackends)("by schedule, queue on %s", (queue) => {
  let stack: TestStack;
  beforeAll(async () => {
    stack = await startTestStack({ queue });
    await stack.simulator.control.setDelivery({ mode: "drop" });
  });
  afterAll(() => stack.stop());

  it("rings run for the project, and events that were never delivered have their effect", async () => {
    await stack.simulator.control.pay((await buy(stack)).sessionId);
    const { db } = stack.ctx;
    const schedules = () => db("schedules").where("name", "like", "reconciliation.%");
    await until(
      async () =>
        (await schedules().whereNotNull("last_finished_at").whereNull("claim_id")).length ===
        rings.length,
      { because: "the schedules to have run for no project", timeoutMs: 30_000 },
    );
    // Rings of one account would wait for each other; these two are of an account and of a ledger.
    const rung = ["events", "ledger"] as const;
    await schedules()
      .whereIn(
        "name",
        rung.map((ring) => `reconciliation.${ring}`),
      )
      .update({ next_due_at: db.fn.now() });
    await until(async () => (await balanceOf(stack)) === 500, {
      because: "the credits",
      timeoutMs: 30_000,
    });
    const finished = await until(
      async () => {
        const runs = (await readRuns(db, { projectId: stack.projectId, size: 10 })).data;
        const done = runs.filter(({ state }) => state === "finished").map(({ ring }) => ring);
        return rung.every((ring) => done.includes(ring)) ? runs : undefined;
      },
      { because: "a run of both", timeoutMs: 30_000 },
    );
    const events = finished.find(({ ring }) => ring === "events");
    expect(events?.counts.ingested).toBeGreaterThan(0);
  }, 90_000);

  it("what a look at the books has paused is written down as cases", async () => {
    const { db } = stack.ctx;
    const forged = "update wallets set available = available + 1 where customer_id = :customerId";
    await tamper(db, forged, { customerId: "user_123" });
    const look = db("schedules").where({ name: "books.check-recent" });
    await look.update({ next_due_at: db.fn.now() });
    const cases = await until(
      async () => {
        const of = { projectId: stack.projectId, states: ["open"] as const, size: 100 };
        const { data } = await readDiscrepancies(db, of);
        return data.length > 0 && data;
      },
      { because: "cases of the ledger", timeoutMs: 30_000 },
    );
    expect(cases).toContainEqual(
      expect.objectContaining({
        class: "balance_drift",
        subject: expect.stringMatching(/^wallet_equals_transfers:wal_/),
      }),
    );
    expect((await readProject(stack.ctx, stack.projectId)).pausedAt).not.toBeNull();
  }, 90_000);
});
