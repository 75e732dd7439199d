import { describe, expect, it } from "vitest";
import { queueBackends } from "../support/queue-backends.js";
import type { Answer } from "../support/stack.js";
import { balance, type Json, statuses, times, usageApi, wait } from "./usage-api.js";

describe.each(queueBackends)("races, queue on %s", (queue) => {
  const { customer, send, read, wallet, applied, stack, db } = usageApi({ queue });
  const spend = (customerId: string, id: string) => ({ id, customerId, event: "chat.reply" });

  /**
   * Sends all at once. One wallet takes one at a time, so under load some are told to come later; they do, under the
   * same ids, a few at once.
   */
  const sendAll = async (events: readonly Json[]): Promise<readonly Answer[]> => {
    const answers = await Promise.all(events.map((event) => send(event, wait)));
    const waiting = events.map((_event, n) => n).filter((n) => isBusy(answers[n]));
    for (const n of waiting)
      expect(Number(answers[n]?.headers.get("retry-after"))).toBeGreaterThan(0);
    const again = async (): Promise<void> => {
      for (let n = waiting.pop(); n !== undefined; n = waiting.pop()) {
        const answer = await send(events[n], wait);
        answers[n] = answer;
        if (isBusy(answer)) waiting.push(n);
      }
    };
    await Promise.all(times(8, again));
    return answers;
  };
  /** All events of a customer, page by page. */
  const listed = async (customerId: string): Promise<readonly Json[]> => {
    const all: Json[] = [];
    for (let cursor: unknown = ""; cursor !== null; ) {
      const page = `customerId=${customerId}&limit=100${cursor === "" ? "" : `&cursor=${String(cursor)}`}`;
      const { json } = await stack().call("GET", `/v1/usage?${page}`);
      all.push(...(json["data"] as readonly Json[]));
      cursor = json["nextCursor"];
    }
    return all;
  };
  const isBusy = (answer: Answer | undefined): boolean =>
    answer?.json["code"] === "unavailable" || answer?.json["code"] === "wallet_busy";

  it("500 parallel spends of 1 credit on a wallet with 10, waited for: exactly 10 succeed", async () => {
    const customerId = await customer(10);
    const answers = await sendAll(times(500, (n) => spend(customerId, `s${n}`)));
    expect(statuses(answers)).toEqual({ "200 applied": 10, "402 insufficient_credits": 490 });
    const left = answers.filter(({ status }) => status === 200).map(({ json }) => json["balance"]);
    expect(left).toHaveLength(10);
    expect(left).toEqual(expect.arrayContaining(times(10, (n) => balance(n))));
    expect(await wallet(customerId)).toMatchObject(balance(0));
  }, 120_000);

  it("500 parallel spends of 1 credit on a wallet with 10, not waited for: exactly 10 are applied", async () => {
    const customerId = await customer(10);
    const answers = await Promise.all(times(500, (n) => send(spend(customerId, `a${n}`))));
    expect(statuses(answers)).toEqual({ "202 accepted": 500 });
    await applied();
    const ends = await listed(customerId);
    expect(ends).toHaveLength(500);
    expect(await read(String(ends[0]?.["id"]))).toEqual(ends[0]);
    const rejected = ends.filter(({ status }) => status === "rejected");
    expect(ends.filter(({ status }) => status === "applied")).toHaveLength(10);
    expect(rejected).toHaveLength(490);
    for (const { rejection, credits, transactions } of rejected) {
      expect(rejection).toMatchObject({ code: "insufficient_credits", available: 0 });
      expect([credits, transactions]).toEqual([0, []]);
    }
    expect(await wallet(customerId)).toMatchObject(balance(0));
  }, 60_000);

  it("64 parallel requests with one event, waited for, by a wallet that can pay it once: one effect and 64 equal answers", async () => {
    for (const round of times(5, (n) => n)) {
      const customerId = await customer(1);
      const event = spend(customerId, `once-${queue}-${round}`);
      const answers = await Promise.all(times(64, () => send(event, wait)));
      expect(statuses(answers)).toEqual({ "200 applied": 64 });
      const [first] = answers;
      for (const { json } of answers) expect(json).toEqual(first?.json);
      const replayed = answers.filter(({ headers }) => headers.get("idempotent-replayed"));
      expect(replayed).toHaveLength(63);
      expect(await wallet(customerId)).toMatchObject(balance(0));
    }
  });

  it("64 parallel requests with one event, not waited for: one effect, and all answers name it", async () => {
    const customerId = await customer(10);
    const event = spend(customerId, `one-${queue}`);
    const answers = await Promise.all(times(64, () => send(event)));
    expect(statuses(answers)).toEqual({ "202 accepted": 1, "202 duplicate": 63 });
    const named = answers.map(({ json: { status: _status, ...rest } }) => rest);
    for (const each of named) expect(each).toEqual(named[0]);
    await applied();
    expect(await wallet(customerId)).toMatchObject(balance(9));
  });

  it("64 parallel requests of one event, half of them waited for: one effect", async () => {
    const customerId = await customer(1);
    const event = spend(customerId, `mixed-${queue}`);
    const answers = await Promise.all(times(64, (n) => send(event, n % 2 === 0 ? wait : {})));
    expect(answers.filter(({ status }) => status >= 300)).toEqual([]);
    expect(new Set(answers.map(({ json }) => json["eventId"])).size).toBe(1);
    await applied();
    expect(await read(event.id)).toMatchObject({ status: "applied", credits: 1 });
    expect(await wallet(customerId)).toMatchObject(balance(0));
  });

  it("a hold that one event may use up: one effect and equal answers", async () => {
    const customerId = await customer(10);
    const hold = { customerId, credits: 1 };
    const { json } = await stack().call("POST", "/v1/holds", hold);
    const event = { ...spend(customerId, `held-${queue}`), holdId: json["id"] };
    const answers = await Promise.all(times(32, () => send(event)));
    expect(statuses(answers)).toEqual({ "200 applied": 32 });
    expect(await wallet(customerId)).toMatchObject(balance(9));
  });

  it("lists that name the same events in opposite orders: each is applied once, and nobody is refused", async () => {
    const customerId = await customer(1_000);
    for (const round of times(10, (n) => n)) {
      const events = times(50, (n) => spend(customerId, `cross-${queue}-${round}-${n}`));
      const answers = await Promise.all(
        times(8, (n) => send(n % 2 === 0 ? events : events.toReversed(), n < 2 ? wait : {})),
      );
      expect(answers.map(({ status }) => status).filter((status) => status >= 300)).toEqual([]);
    }
    await applied();
    expect(await wallet(customerId)).toMatchObject(balance(500));
    expect(await db()("usage_events").where("key", "like", "cross%")).toHaveLength(500);
  });
});
