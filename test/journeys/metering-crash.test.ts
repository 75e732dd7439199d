import { Chargly, NoAnswerError } from "@chargly/sdk";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { aRandomMoment } from "../support/random-moment.js";
import { type QueueBackend, queueBackends } from "../support/queue-backends.js";
import { until } from "../support/until.js";
import {
  expectOneEnd,
  patientDatabase,
  testCard,
  times,
  timesAtOnce,
  type UsageApi,
  untilApplied,
  usageVerbs,
} from "../metering/usage-api.js";
import { type Scene, startScene } from "./crash-scene.js";

const customers = times(50, (n) => `customer_${n}`);
/** Enough for half of them; the others run dry in the middle. */
const creditsOf = (n: number) => (n % 2 === 0 ? 1_000 : 150);
const timeoutMs = 240_000;
/** Nobody applies while it is accepted, and that is not what is tried. */
const webEnv = { PORT: "0", USAGE_LAG_MAX_SECONDS: "3600" };

describe.each(queueBackends)("usage, while processes die, queue on %s", (queue: QueueBackend) => {
  let stack: Scene;
  let api: UsageApi;
  beforeEach(async () => {
    stack = await startScene(queue, { database: await patientDatabase() });
    api = usageVerbs(() => stack);
    await stack.chargly.rateCards.publish(testCard);
    await timesAtOnce(customers.length, 4, (n) => api.give(customers[n] ?? "", creditsOf(n)));
  }, 60_000);
  afterEach(() => stack.stop());

  const event = (n: number) => ({
    id: `event-${n}`,
    customerId: customers[n % customers.length] ?? "",
    event: "chat.reply",
  });
  const countEvents = () => stack.database.db("usage_events").count("* as count").first();

  /** Each event ended once, and each wallet has what it was given less what its applied events took. */
  async function expectExact(events: number): Promise<void> {
    await untilApplied(stack.database.db, 120_000);
    expect(Number((await countEvents())?.["count"])).toBe(events);
    await expectOneEnd(stack.database.db);
    const perCustomer = events / customers.length;
    const left = await timesAtOnce(customers.length, 4, async (n) => {
      const { available } = await api.wallet(customers[n] ?? "");
      return available;
    });
    expect(left).toEqual(customers.map((_each, n) => Math.max(0, creditsOf(n) - perCustomer)));
    const dry = customers.filter((_each, n) => creditsOf(n) < perCustomer).length;
    const rejected = await stack.database.db("usage_outcomes").where({ outcome: "rejected" });
    expect(rejected).toHaveLength(dry * (perCustomer - 150));
  }

  it(
    "is applied once each, although workers are killed in the middle of batches of 20,000 events",
    async () => {
      await stack.start(["scheduler"]);
      let accepting = true;
      const kill = async (): Promise<number> => {
        let kills = 0;
        let next = stack.spawn("worker");
        for (; accepting || kills < 3; kills++) {
          const victim = await next;
          next = stack.spawn("worker");
          await aRandomMoment(1_500);
          expect((await victim.kill()).signal).toBe("SIGKILL");
        }
        await next;
        return kills;
      };
      const killing = [kill(), kill()];
      const requests = times(200, (n) => times(100, (k) => event(n * 100 + k)));
      const send = async (): Promise<void> => {
        for (let request = requests.pop(); request !== undefined; request = requests.pop()) {
          expect(await stack.chargly.usage.send(request)).toMatchObject({ accepted: 100 });
          await aRandomMoment(200);
        }
      };
      await Promise.all(times(4, send)).finally(() => {
        accepting = false;
      });
      const kills = await Promise.all(killing);
      expect(Math.min(...kills)).toBeGreaterThanOrEqual(3);
      await expectExact(20_000);
    },
    timeoutMs,
  );

  it(
    "is kept when the web process dies: what was answered 202 is there, the rest may come again",
    async () => {
      const unanswered: number[] = [];
      const answered: number[] = [];
      let next = stack.spawn("web", webEnv);
      const numbers = times(2_000, (n) => n).toReversed();
      for (let kills = 0; kills < 3; kills++) {
        const web = await next;
        next = stack.spawn("web", webEnv);
        let lives = true;
        const send = async (): Promise<void> => {
          while (lives) {
            const n = numbers.pop();
            if (n === undefined) return;
            const taken = await to(web.url)
              .send([event(n)])
              .then(yes, no);
            (taken ? answered : unanswered).push(n);
          }
        };
        const sending = times(16, send);
        await until(() => answered.length > kills * 100, {
          because: "some answers",
          timeoutMs: 60_000,
        });
        await aRandomMoment(300);
        await web.kill();
        lives = false;
        await Promise.all(sending);
      }
      expect(unanswered.length).toBeGreaterThan(0);
      const keys: string[] = await stack.database.db("usage_events").pluck("key");
      const kept = new Set(keys);
      expect(answered.filter((n) => !kept.has(`event-${n}`))).toEqual([]);
      const rest = [...unanswered, ...numbers].map(event);
      const { url } = await next;
      for (let from = 0; from < rest.length; from += 1_000)
        await to(url).send(rest.slice(from, from + 1_000));
      await stack.start(["worker", "scheduler"]);
      await expectExact(2_000);
    },
    timeoutMs,
  );

  it(
    "is applied by the sweep when the queue is emptied, without a hand",
    async () => {
      await timesAtOnce(10, 2, async (n) => {
        const { accepted } = await stack.chargly.usage.send(times(500, (k) => event(n * 500 + k)));
        expect(accepted).toBe(500);
      });
      const { redis, database } = stack;
      const empty = () =>
        redis === undefined
          ? database.db.raw("truncate bullmq.job, bullmq.job_log, bullmq.job_dependency")
          : redis.flush();
      // The queue's tables are made when somebody first needs them.
      await until(() => empty().then(() => true), { because: "the queue to be emptied" });
      await stack.start(["worker", "scheduler"]);
      await expectExact(5_000);
    },
    timeoutMs,
  );

  /** The SDK, at another web process. */
  const to = (baseUrl: string) =>
    new Chargly({ apiKey: stack.apiKey, baseUrl, maxRetries: 0 }).usage;
  const yes = (): boolean => true;
  const no = (error: unknown): boolean => {
    expect(error).toBeInstanceOf(NoAnswerError);
    return false;
  };
});
