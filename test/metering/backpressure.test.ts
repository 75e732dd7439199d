import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { queueBackends } from "../support/queue-backends.js";
import { balanceOf, buy, startTestStack, type TestStack } from "../support/stack.js";
import { until } from "../support/until.js";
import { ndjson, testCard, times, usageVerbs, wait } from "./usage-api.js";

describe.each(queueBackends)("usage that is not applied fast enough, queue on %s", (queue) => {
  let running: TestStack;
  const stack = () => running;
  const { give, send, read, wallet, applied } = usageVerbs(stack);
  beforeAll(async () => {
    const env = { USAGE_LAG_MAX_SECONDS: "1" };
    running = await startTestStack({ queue, roles: ["web"], env });
    await running.call("PUT", "/v1/rate-card", testCard);
    await give("ann", 100);
  }, 60_000);
  afterAll(() => running.stop());

  const metric = async (name: string): Promise<number> => {
    const text = await (await fetch(`${running.url}/metrics`)).text();
    const lines = text.split("\n").filter((line) => line.split(/[ {]/, 1)[0] === name);
    expect(lines, text.slice(0, 500)).not.toEqual([]);
    return lines.reduce((sum, line) => sum + Number(line.split(" ").at(-1)), 0);
  };
  const event = (id: string) => ({ id, customerId: "ann", event: "chat.reply" });

  it("is refused until the workers have caught up; balances, waiting and Stripe go on", async () => {
    expect((await send(event("first"))).status).toBe(202);
    const refused = await until(
      async () => {
        const answer = await send(event("late"));
        return answer.status === 202 ? undefined : answer;
      },
      { because: "usage to be refused" },
    );
    expect([refused.status, refused.json]).toEqual([
      503,
      expect.objectContaining({ code: "usage_backlog", requestId: expect.stringMatching(/^req_/) }),
    ]);
    expect(Number(refused.headers.get("retry-after"))).toBeGreaterThanOrEqual(1);
    expect(refused.headers.get("content-type")).toContain("application/problem+json");
    expect((await send([event("a"), event("b")])).json["code"]).toBe("usage_backlog");
    expect((await send(JSON.stringify(event("c")), ndjson)).json["code"]).toBe("usage_backlog");
    for (const id of ["a", "b", "c"]) expect((await read(id))["status"]).toBe(404);
    expect(await metric("usage_lag_seconds")).toBeGreaterThan(1);

    expect(await wallet("ann")).toMatchObject({ available: 100 });
    expect((await send(event("waited"), wait)).status).toBe(200);
    const { sessionId } = await buy(running, "bob");
    await running.simulator.control.pay(sessionId);
    const received = () => running.database.db("stripe_events").pluck("id");
    await until(async () => (await received()).length > 0, { because: "Stripe's event" });

    await running.start(["worker", "scheduler"]);
    await until(async () => (await balanceOf(running, "bob")) === 500, {
      because: "the credits of the purchase",
      timeoutMs: 20_000,
    });
    await until(async () => (await send(event("again"))).status === 202, {
      because: "usage to be taken again",
      timeoutMs: 20_000,
    });
    await applied();
    for (const id of ["first", "again", "waited"])
      expect(await read(id)).toMatchObject({ status: "applied" });
    await until(async () => (await metric("usage_lag_seconds")) === 0, { because: "no lag" });
  }, 60_000);
});

describe("metrics of usage", () => {
  let running: TestStack;
  const stack = () => running;
  const { customer, send, applied } = usageVerbs(stack);
  beforeAll(async () => {
    running = await startTestStack();
    await running.call("PUT", "/v1/rate-card", testCard);
  }, 60_000);
  afterAll(() => running.stop());

  it("count what was accepted, applied and rejected, each event once, waited for or not", async () => {
    const customerId = await customer(10);
    const event = (n: number) => ({ id: `m-${n}`, customerId, event: "chat.reply" });
    await send(times(12, event));
    await applied();
    await send(times(12, event));
    await send({ ...event(100), event: "unheard.of" });
    await send(event(101), wait);
    await send([event(102), event(1)], wait);
    await applied();
    const lines = async () => (await (await fetch(`${running.url}/metrics`)).text()).split("\n");
    await until(async () => (await lines()).includes("usage_accepted_events_total 14"), {
      because: "14 accepted",
    });
    expect(await lines()).toEqual(
      expect.arrayContaining([
        "usage_applied_events_total 10",
        'usage_rejected_events_total{reason="insufficient_credits"} 3',
        'usage_rejected_events_total{reason="unknown_event"} 1',
      ]),
    );
  });
});
