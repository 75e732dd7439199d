import {
  checkUsage,
  contract,
  createUsageProducer,
  InvalidUsage,
  type UsageApplyPayload,
  type UsageEvent,
  usageEventFields,
  type UsageProducer,
} from "@chargly/usage-producer";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { z } from "zod";
import { newId, publicId } from "../../src/kernel/ids.js";
import { applyUsage } from "../../src/metering/jobs.js";
import { eventsPerRequest } from "../../src/metering/rules.js";
import { usageEventIn, usageJobPayload } from "../../src/metering/usage-schema.js";
import { queueBackends } from "../support/queue-backends.js";
import { startTestStack, type TestStack } from "../support/stack.js";
import { until } from "../support/until.js";

describe.each(queueBackends)("usage from an application's own producer, on %s", (queue) => {
  let stack: TestStack;
  let producer: UsageProducer;
  let projectId: string;
  beforeAll(async () => {
    stack = await startTestStack({ queue });
    const price = { type: "flat", credits: 1 };
    await stack.call("PUT", "/v1/rate-card", { events: { "chat.reply": { price } } });
    projectId = publicId("project", stack.projectId);
    const { redis, database } = stack;
    producer = createUsageProducer(
      redis === undefined ? { databaseUrl: database.url } : { redisUrl: redis.url },
    );
  });
  afterAll(async () => {
    await producer?.close();
    await stack?.stop();
  });

  const give = (customer: string, credits: number) =>
    stack.call("POST", `/v1/wallets/${customer}/grants`, { credits, reason: "test" });
  const events = (customerId: string, count: number): UsageEvent[] =>
    Array.from({ length: count }, (_, n) => ({
      id: `${customerId}-${n}`,
      customerId,
      event: "chat.reply",
      properties: { model: "gpt-x" },
      metadata: { conversation: "c_42" },
    }));
  const available = async (customer: string) =>
    (await stack.call("GET", `/v1/wallets/${customer}`)).json["available"];
  const leaves = (customer: string, left: number) =>
    until(async () => (await available(customer)) === left, {
      because: `${customer} to have ${left} left`,
      timeoutMs: 20_000,
    });
  const failedJobs = async () =>
    (await stack.ctx.engine.queue(contract.queue).getFailed()).filter(
      ({ name }) => name === contract.job,
    );

  it("is applied, by the thousand, once however often it is added", async () => {
    await give("ann", 5_000);
    const usage = { projectId, events: events("ann", 2_300) };
    expect(await producer.add(usage)).toEqual({ jobs: 3, events: 2_300 });
    expect(await producer.add(usage)).toEqual({ jobs: 3, events: 2_300 });
    await leaves("ann", 2_700);
    await until(async () => (await waiting()) === 0, { because: "both to be worked on" });
    expect(await available("ann")).toBe(2_700);
    const { json } = await stack.call("GET", "/v1/usage/ann-0");
    expect(json).toMatchObject({
      status: "applied",
      model: "gpt-x",
      metadata: { conversation: "c_42" },
    });
  });
  const waiting = async () => {
    const counts = await stack.ctx.engine
      .queue(contract.queue)
      .getJobCounts("waiting", "active", "delayed", "prioritized");
    return Object.values(counts).reduce((sum, each) => sum + each, 0);
  };

  it("captures the hold that it names", async () => {
    await give("bob", 10);
    const hold = await stack.call("POST", "/v1/holds", { customerId: "bob", credits: 8 });
    const holdId = String(hold.json["id"]);
    const [event] = events("bob", 1);
    await producer.add({ projectId, events: [{ ...event, credits: "2.5", holdId } as UsageEvent] });
    await until(
      async () => (await stack.call("GET", `/v1/holds/${holdId}`)).json["captured"] === 2.5,
      { because: "the hold to be captured" },
    );
  });

  it("is refused here with the field when it is wrong, and dies alone there when it is forced in", async () => {
    await give("cat", 3);
    const wrong = { id: "cat-wrong", customerId: "cat", event: "chat.reply", credits: -1 };
    const adding = producer.add({ projectId, events: [...events("cat", 1), wrong] });
    await expect(adding).rejects.toThrow(InvalidUsage);
    await expect(adding).rejects.toThrow("events[1].credits");
    const raw = stack.ctx.engine.queue(contract.queue);
    await raw.add(contract.job, { projectId, events: [wrong] }, { attempts: contract.attempts });
    await producer.add({ projectId, events: events("cat", 1) });
    await leaves("cat", 2);
    const [dead, ...others] = await until(
      async () => {
        const failed = await failedJobs();
        return failed.length > 0 && failed;
      },
      { because: "the forged job to fail" },
    );
    expect(others).toEqual([]);
    expect(dead?.failedReason).toContain("credits");
    expect(await available("cat")).toBe(2);
  });

  it("is put in the queue as Chargly's own jobs are", async () => {
    const nobody = publicId("project", newId("project"));
    const usage = { projectId: nobody, events: events("dan", 1) };
    const before = (await failedJobs()).length;
    await producer.add(usage);
    await stack.ctx.ringer.ring(applyUsage, { ...usage, events: [...usage.events] });
    const jobs = await until(
      async () => {
        const failed = await failedJobs();
        return failed.length === before + 2 && failed;
      },
      { because: "both jobs of an unknown project to fail" },
    );
    const [theirs, ours] = jobs
      .filter(({ data }) => (data as UsageApplyPayload).projectId === nobody)
      .map(({ name, opts, data }) => ({ name, opts, data }));
    expect(theirs).toEqual(ours);
  });
});

/** The same but for what a producer must name and the API may make up: the id. */
type Sent = z.input<typeof usageEventIn> & { readonly id: string };

describe("the contract of the producer is that of the jobs", () => {
  it("by its types: what one takes the other does", () => {
    const chargly = (_event: z.input<typeof usageEventIn>): void => undefined;
    const producers = (_event: UsageEvent): void => undefined;
    // The compiler is the test: it refuses a field that one of them lacks or types otherwise.
    const both = (written: Writable<UsageEvent>, sent: Sent): void => {
      chargly(written);
      producers(sent);
    };
    expect(both).toHaveLength(2);
  });

  it("by its fields and its bounds", () => {
    expect(usageEventFields.toSorted()).toEqual(Object.keys(usageEventIn.shape).toSorted());
    expect(contract.eventsPerJob).toBe(eventsPerRequest);
    const { name, queue, attempts } = applyUsage;
    expect(contract).toMatchObject({ job: name, queue, attempts });
  });

  it("by its verdicts: it takes what Chargly takes and refuses what Chargly refuses", () => {
    const projectId = publicId("project", newId("project"));
    const verdicts = { taken: 0, refused: 0 };
    fc.assert(
      fc.property(anyEvent, (event) => {
        const payload = { projectId, events: [event as unknown as UsageEvent] };
        const problems = checkUsage(payload);
        // Fields that are left out do not arrive.
        const arrived: unknown = JSON.parse(JSON.stringify(payload));
        const { success, error } = usageJobPayload.safeParse(arrived);
        verdicts[success ? "taken" : "refused"]++;
        expect({ problems: problems.length > 0, event, error }).toEqual({
          problems: !success,
          event,
          error,
        });
      }),
      { numRuns: 4_000 },
    );
    expect(Math.min(verdicts.taken, verdicts.refused)).toBeGreaterThan(300);
  });
});

type Writable<T> = { -readonly [K in keyof T]: T[K] };

const decimals = fc.oneof(
  fc.integer({ min: -2, max: 1_000_000 }),
  fc.double({ min: 0, max: 2_000, noNaN: true }),
  fc.integer({ min: 0, max: 20_000_000 }).map((n) => n / 1e6),
  fc.integer({ min: 0, max: 20_000_000 }).map((n) => String(n / 1e4)),
  fc.constantFrom<number | string>(
    1_000_000_000,
    "999999999.999999",
    "1000000000",
    "1000000000000",
    "1000000000000.000000",
    "1000000000000.000001",
    1_000_000_000_001,
    "01",
    "1.",
    ".5",
    "1e3",
    "",
    "-1",
    " 1",
    -0,
    0.0000005,
    1e21,
  ),
);
const id = (prefix: string) =>
  fc.oneof(
    fc.constantFrom(`${prefix}_01k2x3v9g7f6q8r5s4t3w2y1z0`, `${prefix}_7zzzzzzzzzzzzzzzzzzzzzzzzz`),
    fc.constantFrom(
      `${prefix}_8zzzzzzzzzzzzzzzzzzzzzzzzz`,
      `${prefix}_01K2X3V9G7F6Q8R5S4T3W2Y1Z0`,
      `${prefix}_01k2x3v9g7f6q8r5s4t3w2y1zu`,
      `${prefix}_`,
      "x_01k2x3v9g7f6q8r5s4t3w2y1z0",
    ),
  );
const times = fc.constantFrom(
  new Date().toISOString(),
  "2026-01-31T12:00:00Z",
  "2026-01-31T12:00:00.123456+05:30",
  "2026-01-31T12:00Z",
  "2024-02-29T00:00:00Z",
  "2023-02-29T00:00:00Z",
  "2026-04-31T00:00:00Z",
  "1970-01-01T00:00:00+01:00",
  "1970-01-01T00:00:00Z",
  "2999-01-01T00:00:00Z",
  "2026-01-31T24:00:00Z",
  "2026-01-31T12:00:00+0530",
  "2026-01-31T12:00:00",
  "2026-01-31 12:00:00Z",
  "2026-01-31",
);
const someText = fc.oneof(
  fc.string({ maxLength: 20, unit: fc.constantFrom("a", "Z", "9", ".", "-", "_", " ", "é") }),
  fc.constantFrom("x".repeat(64), "x".repeat(65), "x".repeat(128), "x".repeat(129)),
  fc.constantFrom("x".repeat(255), "x".repeat(256), "x".repeat(1_000), "x".repeat(1_001)),
  fc.constantFrom(".", "..", "a\u200b", "a\u00a0b", "a\nb"),
);
const dictionary = (value: fc.Arbitrary<unknown>) =>
  fc.dictionary(fc.oneof(fc.constantFrom("model", "inputTokens", "a_1"), someText), value, {
    maxKeys: 5,
  });

const fields: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
  id: someText,
  customerId: someText,
  event: someText,
  credits: decimals,
  quantity: decimals,
  properties: dictionary(fc.oneof(fc.integer(), fc.double(), someText)),
  at: times,
  holdId: id("hold"),
  quoteId: id("quo"),
  metadata: dictionary(fc.oneof(fc.boolean(), fc.integer(), someText, fc.constant(null))),
  admin: fc.constantFrom(true, undefined),
};
const plain = { id: "run-1", customerId: "user_123", event: "chat.reply" };
/** A good event with one or two of its fields as they come, so that no fault hides another. */
const anyEvent = fc
  .subarray(Object.keys(fields), { minLength: 1, maxLength: 2 })
  .chain((names) =>
    fc.record(Object.fromEntries(names.map((name) => [name, fields[name] ?? fc.constant(null)]))),
  )
  .map((some) => ({ ...plain, ...some }));
