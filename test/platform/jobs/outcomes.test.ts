import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { AssertionFailed } from "../../../src/kernel/assert.js";
import { Refusal } from "../../../src/kernel/refusals.js";
import { done, later, never } from "../../../src/platform/jobs/outcome.js";
import { createRinger, type Ringer } from "../../../src/platform/jobs/ringer.js";
import type { QueueEngine } from "../../../src/platform/queue/engine.js";
import { until } from "../../support/until.js";
import { queueBackends } from "../../support/queue-backends.js";
import { startBackend, type TestBackend } from "../queue/backends.js";
import { type NoteJob, noteJob, openWorkshop, settled } from "./work.js";

describe.each(queueBackends)("jobs on %s", (kind) => {
  let backend: TestBackend;
  let engine: QueueEngine;
  let ringer: Ringer;
  beforeAll(async () => {
    backend = await startBackend(kind);
    engine = await backend.engine();
    ringer = createRinger(engine, { capMs: 5_000 });
  });
  afterAll(() => backend.stop());

  const failedReasons = async (job: NoteJob): Promise<(string | undefined)[]> =>
    (await engine.queue(job.queue).getFailed()).map(({ failedReason }) => failedReason);

  it("done: runs a rung job once, with its payload", async () => {
    const job = noteJob();
    const workshop = await openWorkshop(engine, [job]);
    expect(await ringer.ring(job, { id: "one" })).toBe(true);
    expect(await workshop.ended(1)).toEqual(["done"]);
    await settled(engine, job.queue);
    expect(workshop.seen).toEqual(["one"]);
    await workshop.stop();
  });

  it("runs all of many that were rung at once", async () => {
    const job = noteJob();
    const workshop = await openWorkshop(engine, [job]);
    const ids = Array.from({ length: 60 }, (_, number) => `id-${number}`);
    expect(
      await ringer.ringMany(
        job,
        ids.map((id) => ({ id })),
      ),
    ).toBe(60);
    await workshop.ended(60);
    expect([...workshop.seen].sort()).toEqual([...ids].sort());
    await workshop.stop();
  });

  it("later: comes again without spending an attempt, and fails loudly after laterMax", async () => {
    const attempts: number[] = [];
    const job = noteJob({
      attempts: 1,
      laterMax: 3,
      run: async (_ctx, _payload, { attempt }) => {
        attempts.push(attempt);
        return later({ seconds: 0.05, because: "not ready" });
      },
    });
    const workshop = await openWorkshop(engine, [job]);
    await ringer.ring(job, { id: "one" });
    expect(await workshop.ended(4)).toEqual(["later", "later", "later", "never"]);
    await settled(engine, job.queue);
    expect(attempts).toEqual([1, 1, 1, 1]);
    expect(await failedReasons(job)).toEqual([expect.stringContaining("waited 3 times")]);
    await workshop.stop();
  });

  it("later and failures are counted apart, and both survive a restart of the worker", async () => {
    const run = async (_ctx: unknown, _payload: unknown, { attempt }: { attempt: number }) => {
      if (attempt === 1) throw new Error("boom");
      return later({ seconds: 0.02, because: "not ready" });
    };
    const job = noteJob({ attempts: 2, laterMax: 2, backoff: { firstMs: 400, maxMs: 400 }, run });
    const before = await openWorkshop(engine, [job]);
    await ringer.ring(job, { id: "one" });
    await before.ended(1);
    await before.stop();
    const after = await openWorkshop(engine, [job]);
    expect([...(await before.ended(1)), ...(await after.ended(3))]).toEqual([
      "retry",
      "later",
      "later",
      "never",
    ]);
    await after.stop();
  });

  it("never: fails once, visibly, with the reason", async () => {
    const job = noteJob({ run: async () => never("charge failed, nothing to credit") });
    const workshop = await openWorkshop(engine, [job]);
    await ringer.ring(job, { id: "one" });
    expect(await workshop.ended(1)).toEqual(["never"]);
    await settled(engine, job.queue);
    expect(await failedReasons(job)).toEqual(["charge failed, nothing to credit"]);
    await workshop.stop();
  });

  it("a refusal that says never, and a failed assertion, fail once; neither blocks the next job", async () => {
    const job = noteJob({
      run: async ({ seen }, { id }) => {
        if (id === "refused") throw new Refusal("not_found", { detail: "no such purchase" });
        if (id === "bug") throw new AssertionFailed("a posting balances");
        seen.push(id);
        return done;
      },
    });
    const workshop = await openWorkshop(engine, [job], { concurrency: 1 });
    await ringer.ringMany(job, [{ id: "refused" }, { id: "bug" }, { id: "good" }]);
    expect(await workshop.ended(3)).toEqual(["never", "broken", "done"]);
    await settled(engine, job.queue);
    expect((await failedReasons(job)).length).toBe(2);
    expect(workshop.seen).toEqual(["good"]);
    await workshop.stop();
  });

  it("an error is tried again with pauses until the attempts are spent", async () => {
    const job = noteJob({
      attempts: 3,
      run: async () => {
        throw new Error("Stripe is slow");
      },
    });
    const workshop = await openWorkshop(engine, [job]);
    await ringer.ring(job, { id: "one" });
    expect(await workshop.ended(3)).toEqual(["retry", "retry", "exhausted"]);
    await settled(engine, job.queue);
    expect(await failedReasons(job)).toEqual(["Stripe is slow"]);
    await workshop.stop();
  });

  it("an attempt that takes too long is aborted and counts as failed; the next one may succeed", async () => {
    const aborted: string[] = [];
    const job = noteJob({
      timeoutMs: 150,
      run: async ({ seen }, { id }, { attempt, signal }) => {
        if (attempt > 1) {
          seen.push(id);
          return done;
        }
        await new Promise((wake) => signal.addEventListener("abort", wake, { once: true }));
        aborted.push(String(signal.reason));
        return new Promise(() => undefined);
      },
    });
    const workshop = await openWorkshop(engine, [job]);
    await ringer.ring(job, { id: "one" });
    expect(await workshop.ended(2)).toEqual(["retry", "done"]);
    expect(aborted).toEqual([expect.stringContaining("took more than 150 ms")]);
    await workshop.stop();
  });

  it("the ringer refuses a payload that is not valid or not JSON, and puts nothing in the queue", async () => {
    const job = noteJob();
    await expect(ringer.ring(job, { id: "" })).rejects.toThrow(AssertionFailed);
    const notJson = { id: "one", amount: 1n };
    await expect(ringer.ring(job, notJson)).rejects.toThrow(AssertionFailed);
    expect(await engine.queue(job.queue).getWaitingCount()).toBe(0);
  });

  it("poison put straight into the queue dies alone, at once and visibly", async () => {
    const job = noteJob({ attempts: 5 });
    const queue = engine.queue(job.queue);
    await queue.add("note.write", { id: 7 }, { attempts: 40 });
    await queue.add("note.write", null);
    await queue.add("no.such-job", { id: "one" }, { attempts: 40 });
    await queue.add("note.write", { id: "good" });
    const workshop = await openWorkshop(engine, [job], { concurrency: 1 });
    expect(await workshop.ended(4)).toEqual(["never", "never", "never", "done"]);
    await settled(engine, job.queue);
    expect(workshop.seen).toEqual(["good"]);
    expect(workshop.outcomes.map((outcome) => outcome.job)).toContain("unknown");
    expect((await failedReasons(job)).length).toBe(3);
    await workshop.stop();
  });

  it("a job put in the queue without options has the declared attempts, not BullMQ's one", async () => {
    const job = noteJob({
      attempts: 3,
      run: async ({ seen }, { id }, { attempt }) => {
        if (attempt < 3) throw new Error("boom");
        seen.push(id);
        return done;
      },
    });
    const workshop = await openWorkshop(engine, [job]);
    await engine.queue(job.queue).add(job.name, { id: "raw" });
    expect(await workshop.ended(3)).toEqual(["retry", "retry", "done"]);
    await workshop.stop();
  });

  it("a delayed ring waits, and rings that share an id become one job", async () => {
    const job = noteJob();
    for (const id of ["a:b", "12345", "a:b"]) {
      expect(await ringer.ring(job, { id }, { jobId: id, delayMs: 60_000 })).toBe(true);
    }
    expect(await engine.queue(job.queue).getDelayedCount()).toBe(2);
    const workshop = await openWorkshop(engine, [job]);
    await ringer.ring(job, { id: "a:b" }, { jobId: "a:b" });
    await workshop.ended(1);
    expect(workshop.seen).toEqual(["a:b"]);
    await workshop.stop();
  });

  it("a ring during the run of the same id leads to one more run, and none is lost", async () => {
    let open = (): void => undefined;
    const gate = new Promise<void>((opened) => (open = opened));
    const job = noteJob({
      run: async ({ seen }, { id }) => {
        seen.push(id);
        if (seen.length === 1) await gate;
        return done;
      },
    });
    const workshop = await openWorkshop(engine, [job]);
    await ringer.ring(job, { id: "one" }, { jobId: "one" });
    await until(() => workshop.seen.length === 1, { because: "the first run" });
    await ringer.ring(job, { id: "one" }, { jobId: "one" });
    await ringer.ring(job, { id: "one" }, { jobId: "one" });
    open();
    await workshop.ended(2);
    await settled(engine, job.queue);
    expect(workshop.seen).toEqual(["one", "one"]);
    await workshop.stop();
  });

  it("an id is free again after its job failed", async () => {
    const job = noteJob({ run: async () => never("no") });
    const workshop = await openWorkshop(engine, [job]);
    await ringer.ring(job, { id: "one" }, { jobId: "one" });
    await workshop.ended(1);
    await settled(engine, job.queue);
    await ringer.ring(job, { id: "one" }, { jobId: "one" });
    expect(await workshop.ended(2)).toEqual(["never", "never"]);
    await workshop.stop();
  });

  it("stop waits for what runs, and what is left after its time goes back without losing an attempt", async () => {
    const attempts: number[] = [];
    let open = (): void => undefined;
    const gate = new Promise<void>((opened) => (open = opened));
    const job = noteJob({
      attempts: 1,
      run: async ({ seen }, { id }, { attempt, signal }) => {
        attempts.push(attempt);
        if (id === "short") await gate;
        else if (attempts.length <= 2)
          return new Promise((_end, fail) =>
            signal.addEventListener("abort", () => fail(signal.reason)),
          );
        seen.push(id);
        return done;
      },
    });
    const first = await openWorkshop(engine, [job]);
    await ringer.ringMany(job, [{ id: "short" }, { id: "long" }]);
    await until(() => attempts.length === 2, { because: "both to run" });
    const stopping = first.workers.stop({ timeoutMs: 300 });
    open();
    await stopping;
    expect(first.seen).toEqual(["short"]);
    const second = await openWorkshop(engine, [job]);
    await second.ended(1);
    expect(second.seen).toEqual(["long"]);
    expect(attempts).toEqual([1, 1, 1]);
    await second.stop();
  });
});
