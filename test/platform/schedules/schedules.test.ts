import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { AssertionFailed } from "../../../src/kernel/assert.js";
import { connectDatabase, closeDatabase } from "../../../src/platform/db/connect.js";
import { createRinger } from "../../../src/platform/jobs/ringer.js";
import { openQueueEngine } from "../../../src/platform/queue/engine.js";
import {
  type Schedule,
  defineSchedule,
  type ScheduleDeclaration,
} from "../../../src/platform/schedules/define-schedule.js";
import {
  type RunningScheduler,
  startScheduler,
} from "../../../src/platform/schedules/start-scheduler.js";
import {
  claimSchedule,
  readSchedules,
  type ScheduleState,
} from "../../../src/platform/schedules/store.js";
import { freshDatabase, type FreshDatabase } from "../../support/database.js";
import { hasRedis } from "../../support/queue-backends.js";
import { startRedis } from "../../support/redis.js";
import { until } from "../../support/until.js";
import { noteJob, openWorkshop } from "../jobs/work.js";
import { openGateway } from "../queue/gateway.js";
import { silentLog } from "../queue/silent-log.js";

interface Ctx {
  readonly ran: string[];
}
let database: FreshDatabase;
let number = 0;

beforeAll(async () => {
  database = await freshDatabase();
});
afterAll(() => database.drop());

/** A schedule with a name of its own, once an hour unless told. */
function sweep(given: Partial<ScheduleDeclaration<Ctx>> = {}): Schedule<Ctx> {
  number += 1;
  const name = `sweep.run-${number}`;
  return defineSchedule({
    name,
    everySeconds: 3_600,
    run: async ({ ran }) => void ran.push(name),
    ...given,
  });
}

function scheduler(
  schedules: readonly Schedule<Ctx>[],
  ran: string[] = [],
  db = database.db,
): RunningScheduler {
  return startScheduler({ db, schedules, ctx: { ran }, log: silentLog, tickMs: 30 });
}

async function stateOf({ name }: { readonly name: string }): Promise<ScheduleState | undefined> {
  return (await readSchedules(database.db)).find((state) => state.name === name);
}

async function makeDue({ name }: { readonly name: string }): Promise<void> {
  await database.db.raw("update schedules set next_due_at = clock_timestamp() where name = ?", [
    name,
  ]);
}

const finished = (schedule: Schedule<Ctx>, because = "the run to be written down") =>
  until(async () => ((await stateOf(schedule))?.lastFinishedAt ?? null) !== null, { because });

const stopped = { timeoutMs: 5_000 };

describe("a schedule", () => {
  it.each([{ name: "noverb" }, { everySeconds: 0 }, { everySeconds: 604_801 }, { timeoutMs: 99 }])(
    "is refused when a bound is wrong: %o",
    (given) => {
      expect(() => sweep(given)).toThrow(AssertionFailed);
    },
  );

  it("runs at its first sight, once, and is then due after its interval by the database's clock", async () => {
    const ran: string[] = [];
    const hourly = sweep();
    const running = scheduler([hourly], ran);
    await finished(hourly);
    const state = await stateOf(hourly);
    const pauseMs = Number(state?.nextDueAt) - Number(state?.lastFinishedAt);
    expect(ran).toEqual([hourly.name]);
    expect(state).toMatchObject({ runs: 1n, lastError: null, failures: 0, claimedUntil: null });
    expect(Math.abs(pauseMs - 3_600_000)).toBeLessThan(1_000);
    expect(running.progress()).toMatchObject({ healthy: true, why: null });
    await running.stop(stopped);
  });

  it("is run by one of ten schedulers each time it is due", async () => {
    const ran: string[] = [];
    const hourly = sweep();
    const crowd = Array.from({ length: 10 }, () => scheduler([hourly], ran));
    for (let run = 1n; run <= 5n; run++) {
      await until(
        async () => {
          const state = await stateOf(hourly);
          return state?.runs === run && state.claimedUntil === null;
        },
        { because: `run ${run}` },
      );
      if (run < 5n) await makeDue(hourly);
    }
    await Promise.all(crowd.map((each) => each.stop(stopped)));
    expect(ran.length).toBe(5);
  });

  it("comes again soon after it failed, says why, and forgets it when it goes well", async () => {
    let broken = true;
    const hourly = sweep({
      run: async () => {
        if (broken) throw new Error("Stripe is away");
      },
    });
    const running = scheduler([hourly]);
    await finished(hourly);
    const state = await stateOf(hourly);
    const pauseMs = Number(state?.nextDueAt) - Number(state?.lastFinishedAt);
    expect(state).toMatchObject({ lastError: "Stripe is away", failures: 1 });
    expect(pauseMs).toBeLessThan(60_000);
    broken = false;
    expect(await running.runNow(hourly.name)).toBe("ran");
    expect(await stateOf(hourly)).toMatchObject({ lastError: null, failures: 0 });
    await running.stop(stopped);
  });

  it("is aborted when its time is over, and that counts as a failure", async () => {
    const reasons: string[] = [];
    const slow = sweep({
      timeoutMs: 150,
      run: async (_ctx, { signal }) => {
        signal.addEventListener("abort", () => reasons.push(String(signal.reason)));
        return new Promise(() => undefined);
      },
    });
    const running = scheduler([slow]);
    await finished(slow);
    expect(reasons).toEqual([expect.stringContaining("took more than 150 ms")]);
    expect((await stateOf(slow))?.lastError).toContain("took more than 150 ms");
    await running.stop(stopped);
  });

  it("whose holder died in the middle runs again when the claim's time is over, and not before", async () => {
    const ran: string[] = [];
    const hourly = sweep();
    const first = scheduler([hourly], ran);
    await finished(hourly);
    await first.stop(stopped);
    await makeDue(hourly);
    const claim = {
      name: hourly.name,
      claimId: "018f0000-0000-7000-8000-000000000001",
      timeoutMs: 700,
      early: false,
    };
    const claimedMs = performance.now();
    expect(await claimSchedule(database.db, claim)).toBe(true);
    const second = scheduler([hourly], ran);
    await until(() => ran.length === 2, { because: "the run after the crash" });
    expect(performance.now() - claimedMs).toBeGreaterThan(650);
    await second.stop(stopped);
  });

  it("runs at once on request, but never beside itself", async () => {
    let open = (): void => undefined;
    const gate = new Promise<void>((done) => (open = done));
    const hourly = sweep({ run: () => gate });
    const [here, elsewhere] = [scheduler([hourly]), scheduler([hourly])];
    await until(async () => (await stateOf(hourly))?.claimedUntil, { because: "the first run" });
    expect(await here.runNow(hourly.name)).toBe("busy");
    expect(await elsewhere.runNow(hourly.name)).toBe("busy");
    open();
    await finished(hourly);
    await until(async () => (await here.runNow(hourly.name)) === "ran", {
      because: "a run on request",
    });
    await Promise.all([here.stop(stopped), elsewhere.stop(stopped)]);
  });

  it("that runs longer than a stop may take is given back and due at once", async () => {
    const hourly = sweep({ run: () => new Promise(() => undefined) });
    const running = scheduler([hourly]);
    await until(async () => (await stateOf(hourly))?.claimedUntil, { because: "the run" });
    await running.stop({ timeoutMs: 100 });
    const state = await stateOf(hourly);
    expect(state).toMatchObject({ claimedUntil: null, lastFinishedAt: null });
    expect(Number(state?.nextDueAt)).toBeLessThanOrEqual(Date.now());
  });
});

describe("a scheduler", () => {
  it("waits for a database that is down, and then runs what is due", async () => {
    const gateway = await openGateway(database.url, { closed: true });
    const db = connectDatabase({ url: gateway.url, poolMax: 2, applicationName: "chargly-test" });
    const ran: string[] = [];
    const hourly = sweep();
    const running = scheduler([hourly], ran, db);
    await gateway.open();
    await until(() => ran.length === 1, { because: "the run" });
    await running.stop(stopped);
    await closeDatabase(db);
    await gateway.close();
  });

  it.runIf(hasRedis)(
    "loses no schedule when Redis is emptied: what it rings for is rung again",
    async () => {
      const redis = await startRedis();
      const engine = await openQueueEngine({
        databaseUrl: database.url,
        redisUrl: redis.url,
        log: silentLog,
      });
      const job = noteJob();
      const ringer = createRinger(engine, { capMs: 2_000 });
      const ringing = sweep({
        everySeconds: 1,
        run: async () => void (await ringer.ring(job, { id: "sweep" }, { jobId: "sweep" })),
      });
      const running = scheduler([ringing]);
      await until(() => ringer.counts().rung > 0, { because: "a first ring" });
      await redis.flush();
      const workshop = await openWorkshop(engine, [job]);
      await workshop.ended(1);
      await workshop.stop();
      await running.stop(stopped);
      await engine.close();
      await redis.stop();
    },
  );
});
