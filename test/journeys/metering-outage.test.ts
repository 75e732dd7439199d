import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Gateway, openGateway } from "../platform/queue/gateway.js";
import { freshDatabase } from "../support/database.js";
import { queueBackends } from "../support/queue-backends.js";
import { startTestStack, type TestStack } from "../support/stack.js";
import { until } from "../support/until.js";
import {
  balance,
  expectOneEnd,
  ndjson,
  testCard,
  times,
  untilApplied,
  type UsageApi,
  usageVerbs,
  wait,
} from "../metering/usage-api.js";

/** A server that says nothing is given up after the three seconds that a statement may take. */
const promisedMs = { refused: 2_000, silent: 4_000 };

describe.each(queueBackends)("usage with the database away, queue on %s", (queue) => {
  let stack: TestStack;
  let door: Gateway;
  let api: UsageApi;
  beforeAll(async () => {
    const direct = await freshDatabase();
    door = await openGateway(direct.url);
    stack = await startTestStack({ queue, database: { ...direct, url: door.url } });
    api = usageVerbs(() => stack);
    await stack.chargly.rateCards.publish(testCard);
  }, 60_000);
  afterAll(async () => {
    await stack.stop();
    await door.close();
  });

  type Way = readonly [string, () => ReturnType<UsageApi["send"]>];
  /** Whatever can be asked about usage, by a customer of its own. */
  const waysOf = (customerId: string): readonly Way[] => {
    const event = (id: string) => ({ id: `${customerId}-${id}`, customerId, event: "chat.reply" });
    return [
      ["one", () => api.send(event("one"))],
      ["waited", () => api.send(event("waited"), wait)],
      ["list", () => api.send(times(100, (n) => event(`list-${n}`)))],
      ["lines", () => api.send(JSON.stringify(event("line")), ndjson)],
      ["read", () => stack.call("GET", "/v1/usage")],
      ["summary", () => stack.call("GET", "/v1/usage/summary")],
    ];
  };

  it.each([
    ["refused", () => door.close(), () => door.open()],
    ["silent", async () => door.freeze(), async () => door.thaw()],
  ] as const)(
    "(%s) is answered 503 in time, nothing is half-written, and all is well after it",
    async (how, leave, comeBack) => {
      const ways = waysOf(how);
      const before = { id: `${how}-before`, customerId: how, event: "chat.reply" };
      await api.give(how, 1_000);
      expect((await api.send(before, wait)).status).toBe(200);
      await leave();
      const askInVain = async ([what, ask]: Way): Promise<void> => {
        const startMs = performance.now();
        const { status, headers, json } = await ask();
        expect([what, status, json["code"]]).toEqual([what, 503, "unavailable"]);
        const isLate = performance.now() - startMs > promisedMs[how];
        expect([what, isLate]).toEqual([what, false]);
        expect(headers.get("content-type")).toContain("application/problem+json");
        expect(Number(headers.get("retry-after"))).toBeGreaterThan(0);
      };
      // First they meet the sessions that there were, then whatever is tried instead.
      await Promise.all(ways.map(askInVain));
      await Promise.all(ways.map(askInVain));
      await comeBack();
      await until(async () => (await stack.call("GET", `/v1/wallets/${how}`)).status === 200, {
        because: "the database to be back",
        timeoutMs: 30_000,
      });
      const keys = await stack.database.db("usage_events").pluck("key");
      // Whole requests or nothing of them: what was sent may have arrived although nobody heard of it.
      const ofList = keys.filter((key) => String(key).startsWith(`${how}-list-`));
      expect([0, 100]).toContain(ofList.length);
      for (const [, ask] of ways)
        await until(async () => (await ask()).status < 300, { because: "usage to be taken again" });
      await untilApplied(stack.database.db, 30_000);
      expect(await api.wallet(how)).toMatchObject(balance(1_000 - 104));
      await expectOneEnd(stack.database.db);
    },
    90_000,
  );
});
