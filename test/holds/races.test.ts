import { describe, expect, it } from "vitest";
import { expireHolds } from "../../src/expiry/jobs.js";
import type { Answer } from "../support/stack.js";
import { until } from "../support/until.js";
import { balance, expectBooks, holdsApi } from "./holds-api.js";

const api = holdsApi();
const { customer, held, place, capture, release, read, wallet } = api;

const times = <T>(count: number, each: (n: number) => T): T[] =>
  Array.from({ length: count }, (_, n) => each(n));

const sweep = () =>
  expireHolds.run(api.stack().ctx, {
    signal: new AbortController().signal,
    log: api.stack().ctx.log,
  });

/** Places a hold at one of several web processes. */
async function placeAt(url: string, body: unknown, headers: Record<string, string> = {}) {
  const response = await fetch(`${url}/v1/holds`, {
    method: "POST",
    headers: {
      authorization: `Bearer ${api.stack().apiKey}`,
      "content-type": "application/json",
      ...headers,
    },
    body: JSON.stringify(body),
  });
  return { status: response.status, headers: response.headers, text: await response.text() };
}

describe("20 parallel holds of 75 on 500 credits", () => {
  it.each([1, 2])("give exactly 6, and 14 times 402, at %i web processes", async (processes) => {
    const urls = [api.stack().url];
    while (urls.length < processes) urls.push((await api.stack().start(["web"])).url ?? "");
    const customerId = await customer(500);
    const answers = await Promise.all(
      times(20, (n) => placeAt(urls[n % urls.length] ?? "", { customerId, credits: 75 })),
    );
    const statuses = answers.map(({ status }) => status);
    expect(statuses.filter((status) => status === 201)).toHaveLength(6);
    expect(statuses.filter((status) => status === 402)).toHaveLength(14);
    expect(await wallet(customerId)).toMatchObject(balance(50, 450));
  });
});

/**
 * A request that meets the same key at work waits for it, and gets its answer. When that takes longer than a lock or
 * a connection may be waited for, it is told to come again (409 or 503 with `Retry-After`), as a client then does.
 */
describe("64 parallel requests with one Idempotency-Key", () => {
  it("place one hold, and get 63 identical answers", async () => {
    const customerId = await customer(500);
    const headers = { "idempotency-key": `once-${customerId}` };
    const persistent = () =>
      until(
        async () => {
          const answer = await placeAt(api.stack().url, { customerId, credits: 75 }, headers);
          if (answer.status === 201) return answer;
          expect([409, 503]).toContain(answer.status);
          expect(answer.headers.has("retry-after")).toBe(true);
          return undefined;
        },
        { because: "the answer of the first", timeoutMs: 20_000 },
      );
    const answers = await Promise.all(times(64, persistent));
    expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
    const first = answers.filter(({ headers: sent }) => !sent.has("idempotent-replayed"));
    expect(first).toHaveLength(1);
    expect(await wallet(customerId)).toMatchObject(balance(425, 75));
  });

  it("spend once, when they capture", async () => {
    const customerId = await customer(100);
    const id = await held(customerId, 50);
    const headers = { "idempotency-key": `capture-${customerId}` };
    const answers = await Promise.all(times(16, () => capture(id, { credits: 10 }, headers)));
    const done = answers.filter(({ status }) => status === 201);
    expect(new Set(done.map(({ json }) => JSON.stringify(json))).size).toBe(1);
    expect(await wallet(customerId)).toMatchObject(balance(50, 40));
  });
});

describe("holds that share a transaction", () => {
  it("cost their neighbours nothing when they are refused, and leave their keys free", async () => {
    const rich = await Promise.all(times(10, () => customer(10)));
    const poor = await customer(1);
    const key = { "idempotency-key": `poor-${poor}` };
    const [refused, ...placed] = await Promise.all([
      place({ customerId: poor, credits: 5 }, key),
      ...rich.map((customerId) =>
        place({ customerId, credits: 5 }, { "idempotency-key": customerId }),
      ),
    ]);
    expect(refused).toMatchObject({ status: 402, json: { code: "insufficient_credits" } });
    expect(placed.map(({ status }) => status)).toEqual(times(10, () => 201));
    const again = await place({ customerId: poor, credits: 1 }, key);
    expect(again).toMatchObject({ status: 201, json: { credits: 1 } });
  });

  it("take one of two requests with one key, and refuse the other", async () => {
    const customerId = await customer(10);
    const key = { "idempotency-key": `two-${customerId}` };
    const answers = await Promise.all(
      times(6, (n) => place({ customerId, credits: 1 + (n % 2) }, key)),
    );
    const placed = answers.filter(({ status }) => status === 201);
    expect(new Set(placed.map(({ json }) => JSON.stringify(json))).size).toBe(1);
    expect(placed).toHaveLength(3);
    expect(
      answers
        .filter(({ status }) => status !== 201)
        .map(({ status, json }) => [status, json["code"]]),
    ).toEqual(times(3, () => [422, "idempotency_key_reused"]));
    expect((await wallet(customerId))["held"]).toBe(placed[0]?.json["credits"]);
  });

  it("see what the ones before them did: captures of one hold, its end, and a capture that came too late", async () => {
    const customerId = await customer(20);
    const id = await held(customerId, 10);
    const answers = await Promise.all([
      ...times(4, () => capture(id, { credits: 2 }, {})),
      capture(id, { credits: 1, close: true }, { "idempotency-key": `close-${id}` }),
      capture(id, { credits: 1 }, {}),
    ]);
    const { state, captured, released, endedAt } = await read(id);
    expect(state).toBe("captured");
    const taken = answers.filter(({ status }) => status === 201).map(({ json }) => json["credits"]);
    expect(taken.reduce((sum: number, each) => sum + Number(each), 0)).toBe(captured);
    expect(Number(captured) + Number(released)).toBe(10);
    const closed = answers[4]?.json["hold"];
    expect(closed).toMatchObject({ state: "captured", endedAt });
    expect(
      answers
        .filter(({ status }) => status !== 201)
        .every(({ json }) => json["state"] === "captured"),
    ).toBe(true);
    expect(await wallet(customerId)).toMatchObject(balance(20 - Number(captured)));
  });
});

describe("racing for one hold", () => {
  it("one of a capture of all and a release wins, and the other is told who", async () => {
    const customerId = await customer(100);
    const outcomes = await Promise.all(
      times(20, async () => {
        const id = await held(customerId, 5);
        const [captured, released] = await Promise.all([capture(id, { credits: 5 }), release(id)]);
        const { state } = await read(id);
        if (captured.status === 201) expectLost(released, "captured");
        else expectLost(captured, "released");
        expect(state).toBe(captured.status === 201 ? "captured" : "released");
        return captured.status === 201 ? 5 : 0;
      }),
    );
    const spent = outcomes.reduce<number>((sum, each) => sum + each, 0);
    expect(await wallet(customerId)).toMatchObject(balance(100 - spent));
  });

  it("20 captures of 1 on a hold of 6 spend exactly 6", async () => {
    const customerId = await customer(10);
    const id = await held(customerId, 6);
    const answers = await Promise.all(times(20, () => capture(id, { credits: 1 })));
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(6);
    expect(await wallet(customerId)).toMatchObject(balance(4));
  });

  it("a capture and the expiry never both get it, and one does", async () => {
    const customerId = await customer(100);
    const ids = [];
    for (let n = 0; n < 30; n++) ids.push(await held(customerId, 2));
    await api
      .db()("holds")
      .whereNull("ended_at")
      .update({ expires_at: api.db().raw("clock_timestamp() + interval '60 ms'") });
    const captures = Promise.all(ids.map((id) => capture(id, { credits: 2 })));
    await until(
      async () => {
        await Promise.all([sweep(), sweep()]);
        const [open] = await api.db()("holds").whereNull("ended_at").count();
        return Number(open?.["count"]) === 0;
      },
      { because: "every hold to end" },
    );
    let spent = 0;
    for (const [n, answer] of (await captures).entries()) {
      const { state } = await read(ids[n] ?? "");
      if (answer.status !== 201) expectLost(answer, "expired");
      else spent += 2;
      expect(state).toBe(answer.status === 201 ? "captured" : "expired");
    }
    expect(await wallet(customerId)).toMatchObject(balance(100 - spent));
    await expectBooks(api.db());
  });
});

function expectLost({ status, json }: Answer, state: string): void {
  expect([status, json]).toMatchObject([409, { code: "hold_not_open", state }]);
}
