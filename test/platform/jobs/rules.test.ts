import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { AssertionFailed } from "../../../src/kernel/assert.js";
import { Refusal } from "../../../src/kernel/refusals.js";
import { createCircuit } from "../../../src/platform/jobs/circuit.js";
import { defineJob, type JobDeclaration } from "../../../src/platform/jobs/define-job.js";
import {
  AttemptGivenBack,
  AttemptTimedOut,
  judgeAttempt,
} from "../../../src/platform/jobs/judge-attempt.js";
import { done, later, never } from "../../../src/platform/jobs/outcome.js";
import { silentLog } from "../queue/silent-log.js";

interface Ctx {
  readonly greeting: string;
}
const payload = z.object({ id: z.string() });
type Declaration = JobDeclaration<Ctx, typeof payload>;
const declare = (given: Partial<Declaration>) =>
  defineJob({ name: "noun.verb", payload, run: async () => done, ...given });

const bounds = { attempts: 3, backoff: { firstMs: 100, maxMs: 1_000 }, laterMax: 2 };
const first = { attempt: 1, laters: 0 };

describe("a job's declaration", () => {
  const wrong: Partial<Declaration>[] = [
    { name: "noverb" },
    { name: "a:b.c" },
    { name: "Noun.Verb" },
    { queue: "a:b" },
    { attempts: 0 },
    { attempts: 51 },
    { attempts: 1.5 },
    { timeoutMs: 99 },
    { timeoutMs: 600_001 },
    { laterMax: -1 },
    { backoff: { firstMs: 0, maxMs: 10 } },
    { backoff: { firstMs: 10, maxMs: 5 } },
  ];
  it.each(wrong)("is refused when a bound is wrong: %o", (given) => {
    expect(() => declare(given)).toThrow(AssertionFailed);
  });

  it("has bounds although it names none", () => {
    expect(declare({})).toMatchObject({ queue: "default", attempts: 12, timeoutMs: 30_000 });
  });

  it("hands the handler its context and the parsed payload", async () => {
    const job = defineJob({
      name: "greeting.say",
      payload: z.object({ name: z.string().trim() }),
      run: async (ctx: Ctx, { name }) => never(`${ctx.greeting}, ${name}`),
    });
    const tools = { signal: new AbortController().signal, attempt: 1, log: silentLog };
    const outcome = await job.perform({ greeting: "hello" }, { name: " ada " }, tools);
    expect(outcome).toEqual(never("hello, ada"));
  });

  it("ends in never, without running, when the data is not a valid payload", async () => {
    const tools = { signal: new AbortController().signal, attempt: 1, log: silentLog };
    const outcome = await declare({}).perform({ greeting: "" }, { id: 7 }, tools);
    expect(outcome).toMatchObject({ kind: "never", why: expect.stringContaining("not valid") });
  });

  it.each([0, -1, Number.NaN, 604_801])("refuses to wait %d seconds", (seconds) => {
    expect(() => later({ seconds, because: "a test" })).toThrow(AssertionFailed);
  });
});

describe("the end of an attempt", () => {
  it("is the handler's word", () => {
    const because = "still pending";
    const wait = { returned: later({ seconds: 2, because }) };
    expect(judgeAttempt(bounds, first, { returned: done }, 0)).toEqual({ kind: "done" });
    expect(judgeAttempt(bounds, first, wait, 0)).toEqual({
      kind: "later",
      delayMs: 2_000,
      because,
    });
    expect(judgeAttempt(bounds, first, { returned: never("gone") }, 0)).toEqual({
      kind: "never",
      why: "gone",
    });
  });

  it("is loud when a job was put off as often as it may be", () => {
    const wait = { returned: later({ seconds: 2, because: "still pending" }) };
    const ending = judgeAttempt(bounds, { attempt: 1, laters: 2 }, wait, 0);
    expect(ending).toMatchObject({ kind: "never", why: expect.stringContaining("waited 2 times") });
  });

  it("is for good when a refusal says that a retry changes nothing, or when a bug was met", () => {
    const refusal = new Refusal("not_found", { detail: "no such purchase" });
    const bug = new AssertionFailed("a posting balances");
    expect(judgeAttempt(bounds, first, { thrown: refusal }, 0).kind).toBe("never");
    expect(judgeAttempt(bounds, first, { thrown: bug }, 0).kind).toBe("broken");
  });

  it("is a retry for everything else, until the attempts are spent", () => {
    const thrown = [
      new Error("boom"),
      "a string",
      undefined,
      new AttemptTimedOut("slow"),
      new Refusal("stripe_unavailable", { detail: "try later" }),
    ];
    for (const each of thrown) {
      expect(judgeAttempt(bounds, first, { thrown: each }, 0).kind).toBe("retry");
      const last = judgeAttempt(bounds, { attempt: 3, laters: 0 }, { thrown: each }, 0);
      expect(last.kind).toBe("exhausted");
    }
  });

  it("never spends an attempt when the job was given back", () => {
    const thrown = new AttemptGivenBack("the process stops");
    const ending = judgeAttempt(bounds, { attempt: 3, laters: 99 }, { thrown }, 0);
    expect(ending).toMatchObject({ kind: "later", delayMs: 0 });
  });

  it("pauses at least half of the doubled first pause, and never more than the longest", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 49 }),
        fc.double({ min: 0, max: 0.999, noNaN: true }),
        (attempt, chance) => {
          const job = { ...bounds, attempts: 50 };
          const ending = judgeAttempt(
            job,
            { attempt, laters: 0 },
            { thrown: new Error("boom") },
            chance,
          );
          const full = Math.min(1_000, 100 * 2 ** (attempt - 1));
          if (ending.kind !== "retry") throw new Error(`ended in ${ending.kind}`);
          expect(ending.delayMs).toBeGreaterThanOrEqual(full / 2);
          expect(ending.delayMs).toBeLessThanOrEqual(full);
        },
      ),
    );
  });

  it("believes a refusal that names its own pause, as far as the bound goes", () => {
    const asks = (retryAfterSeconds: number) =>
      judgeAttempt(
        bounds,
        first,
        { thrown: new Refusal("wallet_busy", { detail: "busy", retryAfterSeconds }) },
        0,
      );
    expect(asks(0.8)).toMatchObject({ kind: "retry", delayMs: 800 });
    expect(asks(60)).toMatchObject({ kind: "retry", delayMs: 1_000 });
  });
});

describe("the circuit", () => {
  it("opens after failures in a row, lets one trial through per period, and closes on success", () => {
    const circuit = createCircuit({ failuresMax: 2, openMs: 100, openMaxMs: 200 });
    circuit.failed(0);
    expect(circuit.allows(1)).toBe(true);
    circuit.failed(1);
    expect(circuit.allows(50)).toBe(false);
    expect([circuit.allows(101), circuit.allows(102)]).toEqual([true, false]);
    circuit.failed(110);
    expect([circuit.allows(309), circuit.allows(310)]).toEqual([false, true]);
    circuit.succeeded();
    expect([circuit.allows(311), circuit.allows(311)]).toEqual([true, true]);
  });
});
