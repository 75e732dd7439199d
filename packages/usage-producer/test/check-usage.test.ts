import { describe, expect, it } from "vitest";
import { createUsageProducer, InvalidUsage, type UsageEvent } from "../src/index.js";

const projectId = "prj_01k2x3v9g7f6q8r5s4t3w2y1z0";
const event: UsageEvent = { id: "run-1", customerId: "user_123", event: "chat.reply" };

/** What a producer says that has nobody to talk to: it must not get that far. */
async function refused(events: unknown, project: string = projectId): Promise<readonly string[]> {
  const producer = createUsageProducer({ redisUrl: "redis://127.0.0.1:1" });
  const usage = { projectId: project, events: events as readonly UsageEvent[] };
  const error: unknown = await producer.add(usage).catch((each: unknown) => each);
  await producer.close();
  if (!(error instanceof InvalidUsage)) throw new Error("it was not refused", { cause: error });
  expect(error.message).toBe(
    error.problems.map(({ at, problem }) => `${at} ${problem}`).join("; "),
  );
  return error.problems.map(({ at }) => at);
}

describe("usage that Chargly would refuse", () => {
  it.each<[string, unknown]>([
    ["id", { ...event, id: undefined }],
    ["id", { ...event, id: "two words" }],
    ["customerId", { ...event, customerId: " ann" }],
    ["event", { ...event, event: "Chat" }],
    ["credits", { ...event, credits: -1 }],
    ["credits", { ...event, credits: 0.1 + 0.2 }],
    ["credits", { ...event, credits: 1, quoteId: "quo_01k2x3v9g7f6q8r5s4t3w2y1z0" }],
    ["quantity", { ...event, quantity: "1e3" }],
    ["properties", { ...event, properties: { model: null } }],
    ["properties", { ...event, properties: new Map() }],
    ["at", { ...event, at: "2023-02-29T00:00:00Z" }],
    ["at", { ...event, at: new Date() }],
    ["holdId", { ...event, holdId: "quo_01k2x3v9g7f6q8r5s4t3w2y1z0" }],
    ["metadata", { ...event, metadata: { deep: {} } }],
    ["metadata", { ...event, metadata: { nul: "\0" } }],
    ["metadata", { ...event, metadata: Object.fromEntries(many(5, "x".repeat(900))) }],
    ["customer_id", { ...event, customer_id: "ann" }],
  ])("is refused before it is sent, by the name of the field: %s", async (field, wrong) => {
    expect(await refused([event, wrong])).toEqual([`events[1].${field}`]);
  });

  it("is refused when there is none, when it is no list, and when the project is none", async () => {
    expect(await refused([])).toEqual(["events"]);
    expect(await refused({ 0: event })).toEqual(["events"]);
    expect(await refused([null])).toEqual(["events[0]"]);
    expect(await refused([event], "my-project")).toEqual(["projectId"]);
  });

  it("is told of at most twenty times, however much there is", async () => {
    expect(await refused(Array.from({ length: 1_000 }, () => ({})))).toHaveLength(20);
  });
});

it("rejects with the connection's error when the queue is away, so that the caller adds it again", async () => {
  const away = [{ redisUrl: "redis://127.0.0.1:1" }, { databaseUrl: "postgres://127.0.0.1:1/x" }];
  for (const address of away) {
    const producer = createUsageProducer(address);
    const usage = { projectId, events: [event] };
    await expect(producer.add(usage)).rejects.toThrow("ECONNREFUSED");
    await expect(producer.add(usage)).rejects.toThrow("ECONNREFUSED");
    await producer.close();
  }
});

function many(count: number, value: string): [string, string][] {
  return Array.from({ length: count }, (_, n) => [`m${n}`, value]);
}
