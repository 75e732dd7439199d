import { inspect } from "node:util";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  Chargly,
  type CharglyError,
  InsufficientCreditsError,
  NoAnswerError,
  RefusedError,
  TimeoutError,
  UnavailableError,
  UnreadableAnswerError,
} from "../src/index.js";
import { newEventId } from "../src/transport/new-event-id.js";
import { delayBeforeRetry, parseRetryAfter } from "../src/transport/retry.js";
import { apiKey, type ScriptedServer, type Seen, startScriptedServer } from "./scripted-server.js";

let server: ScriptedServer;
beforeAll(async () => {
  server = await startScriptedServer();
});
afterAll(() => server.stop());

const wallet = { customerId: "a", available: 5, held: 0, debt: 0, total: 5 };
const charged = {
  id: "e",
  eventId: "use_1",
  status: "applied",
  credits: 1,
  shortfall: 0,
  balance: { available: 4, held: 0, debt: 0, total: 4 },
};
const busy = problem(409, "wallet_busy");
const event = { customerId: "a", event: "chat.reply", credits: 1 };

function problem(status: number, code: string, more: object = {}, headers = {}) {
  return {
    status,
    json: { code, detail: `It is ${code}.`, title: code, status, ...more },
    headers,
  };
}

async function errorOf(call: Promise<unknown>): Promise<CharglyError> {
  const [end] = await Promise.allSettled([call]);
  if (end.status === "fulfilled") throw new Error(`it succeeded: ${inspect(end.value)}`);
  return end.reason;
}

const requestIdOf = (seen: Seen | undefined) => seen?.headers["x-request-id"];

describe("a call that is repeated", () => {
  it("is the same call each time: one key, one event id, one body, another request id", async () => {
    server.say("cut", busy, { status: 201, json: { id: "a", transactions: [], balance: {} } });
    await server.client().wallets.grant("a", { credits: 1, reason: "x" });
    expect(server.seen).toHaveLength(3);
    expect(new Set(server.seen.map(({ headers }) => headers["idempotency-key"])).size).toBe(1);
    expect(new Set(server.seen.map(({ body }) => body)).size).toBe(1);
    expect(new Set(server.seen.map((seen) => requestIdOf(seen))).size).toBe(3);
    server.say("cut", { status: 200, json: charged });
    await server.client().meterEvent(event);
    const ids = server.seen.map(({ body }) => JSON.parse(body).id);
    expect(ids).toEqual([expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-7/), ids[0]]);
  });

  it("gives up after its retries, says that nobody knows, and by which key to repeat it", async () => {
    server.say("cut");
    const error = await errorOf(
      server.client({ maxRetries: 1 }).meterEvent({ ...event, id: "run-1" }),
    );
    expect(error).toBeInstanceOf(NoAnswerError);
    expect(error).toMatchObject({
      idempotencyKey: "run-1",
      requestId: requestIdOf(server.seen.at(-1)),
    });
    expect(server.seen).toHaveLength(2);
  });

  it("is not repeated when the answer will not change", async () => {
    for (const [status, code] of [
      [402, "insufficient_credits"],
      [429, "wallet_spend_limit"],
      [503, "project_paused"],
      [409, "hold_limit"],
      [502, "stripe_refused"],
      [418, "of_tomorrow"],
    ] as const) {
      server.say(problem(status, code));
      expect(await errorOf(server.client().getWallet("a"))).toMatchObject({ code, status });
      expect([code, server.seen.length]).toEqual([code, 1]);
    }
  });

  it("waits as long as the server asks, and leaves it to the caller when that is long", async () => {
    server.say(problem(503, "usage_backlog", {}, { "retry-after": "1" }), {
      status: 200,
      json: charged,
    });
    const startedMs = performance.now();
    await server.client().meterEvent(event);
    expect(performance.now() - startedMs).toBeGreaterThanOrEqual(1_000);
    server.say(problem(503, "usage_backlog", {}, { "retry-after": "31" }));
    const error = await errorOf(server.client().meterEvent(event));
    expect(error).toBeInstanceOf(UnavailableError);
    expect(error).toMatchObject({ retryAfterSeconds: 31 });
    expect(server.seen).toHaveLength(1);
  });
});

describe("no answer is no success", () => {
  it("when nothing comes in time", async () => {
    server.say("silence");
    const error = await errorOf(server.client({ timeoutMs: 50, maxRetries: 0 }).meterEvent(event));
    expect(error).toBeInstanceOf(TimeoutError);
    expect(error).toMatchObject({ requestId: requestIdOf(server.seen.at(-1)) });
  });

  it.each([
    ["nothing", 200, ""],
    ["a page", 200, "<html>welcome</html>"],
    ["a list", 200, []],
    ["other fields", 200, { ok: true }],
    ["null", 200, null],
    ["nothing, and 204", 204, ""],
    ["a redirect", 302, {}],
    ["a page, and 404", 404, "<html>no such page</html>"],
  ])("when the answer is %s", async (_what, status, json) => {
    server.say({ status, json, headers: { location: "/elsewhere" } });
    const { meterEvent, getWallet, check, createCheckout } = server.client({ maxRetries: 0 });
    for (const call of [
      () => meterEvent(event),
      () => getWallet("a"),
      () => check({ customerId: "a", event: "e" }),
      () => createCheckout({ customerId: "a", creditPackCode: "p" }),
    ])
      expect(await errorOf(call())).toBeInstanceOf(UnreadableAnswerError);
    expect(server.seen).toHaveLength(4);
  });

  it("when an event is taken but not charged, or its charge is not told", async () => {
    const later = { ...charged, id: "run-2", status: "accepted", credits: null };
    server.say({ status: 202, json: later }, { status: 200, json: { ...later, rejection: null } });
    const error = await errorOf(server.client().meterEvent({ ...event, id: "run-2" }));
    expect(error).toBeInstanceOf(TimeoutError);
    expect(error).toMatchObject({ idempotencyKey: "run-2" });
  });

  it("and a check is not allowed then", async () => {
    const away = { allowed: false, because: "no_answer", available: null };
    const client = server.client({ maxRetries: 0, timeoutMs: 50 });
    for (const answer of [
      "cut",
      "silence",
      problem(503, "unavailable"),
      { status: 502 },
    ] as const) {
      server.say(answer);
      expect(await client.check({ customerId: "a", event: "e" })).toMatchObject(away);
      expect(await client.check({ customerId: "a", credits: 1 })).toMatchObject(away);
    }
  });
});

describe("a caller who has enough", () => {
  it("gets the reason of the own signal, in the middle of a request and between two", async () => {
    const reason = new Error("the user left");
    for (const answer of [
      "silence",
      problem(503, "unavailable", {}, { "retry-after": "9" }),
    ] as const) {
      server.say(answer);
      const controller = new AbortController();
      const call = errorOf(server.client().getWallet("a", { signal: controller.signal }));
      setImmediate(() => controller.abort(reason));
      expect(await call).toBe(reason);
    }
    server.say({ status: 200, json: wallet });
    const signal = AbortSignal.abort(reason);
    expect(await errorOf(server.client().getWallet("a", { signal }))).toBe(reason);
    expect(server.seen).toEqual([]);
  });
});

describe("a refusal", () => {
  it("has its type, its numbers, and the id of its request", async () => {
    const topUp = { url: "https://credits.example.com/w/1", expiresAt: "2026-01-31T12:00:00Z" };
    const more = { shortBy: 2.5, available: 1, required: 3.5, topUp };
    server.say(
      problem(402, "insufficient_credits", more, { "x-request-id": "req_from_the_server" }),
    );
    const error = await errorOf(server.client().meterEvent(event));
    expect(error).toBeInstanceOf(InsufficientCreditsError);
    expect(error).toBeInstanceOf(RefusedError);
    expect(error).toMatchObject({
      shortBy: 2.5,
      checkoutUrl: topUp.url,
      requestId: "req_from_the_server",
    });
    expect(error.message).toBe(
      "insufficient_credits: It is insufficient_credits. (request req_from_the_server)",
    );
    expect(error.name).toBe("InsufficientCreditsError");
  });
});

describe("the key", () => {
  it("goes to the server, and is nowhere else: not in the client, not in an error", async () => {
    const client = server.client({ maxRetries: 0, timeoutMs: 50 });
    const shown = [inspect(client, { depth: 9, showHidden: true }), JSON.stringify(client)];
    for (const answer of [
      "cut",
      "silence",
      problem(401, "unauthenticated"),
      { status: 200, json: "" },
    ] as const) {
      server.say(answer);
      const error = await errorOf(client.meterEvent(event));
      shown.push(inspect(error, { depth: 9, showHidden: true }), error.stack ?? "");
      expect(server.seen[0]?.headers.authorization).toBe(`Bearer ${apiKey}`);
    }
    expect(shown.filter((text) => text.includes("must_not_be_seen"))).toEqual([]);
  });

  it("must be one, and the address a plain one; what is wrong is not repeated", () => {
    const wrong = [
      { apiKey: "", baseUrl: "https://x.example.com" },
      { apiKey: `${apiKey}\n`, baseUrl: "https://x.example.com" },
      { apiKey, baseUrl: "must_not_be_seen" },
      { apiKey, baseUrl: "https://user:must_not_be_seen@x.example.com" },
      { apiKey, baseUrl: "https://x.example.com?must_not_be_seen" },
      { apiKey, baseUrl: "ftp://x.example.com/must_not_be_seen" },
    ];
    for (const options of wrong) {
      const make = () => new Chargly(options);
      expect(make).toThrow(TypeError);
      expect(make).not.toThrow(/must_not_be_seen/);
    }
    expect(() => new Chargly({ apiKey, baseUrl: "https://x.example.com", timeoutMs: 0 })).toThrow(
      RangeError,
    );
  });
});

describe("paths", () => {
  it("carry any id as one part, and no id that would be another path", async () => {
    server.say({ status: 200, json: wallet });
    await server.client().getWallet("a/b?c#d é");
    expect(server.seen[0]?.url).toBe("/v1/wallets/a%2Fb%3Fc%23d%20%C3%A9");
    for (const id of ["", ".", ".."])
      await expect(server.client().getWallet(id)).rejects.toThrow("customerId");
  });
});

describe("the pure parts", () => {
  it("a delay is never shorter than what was asked for, bounded, and ends with the retries", () => {
    const chances = fc.double({ min: 0, max: 0.999, noNaN: true });
    fc.assert(
      fc.property(
        fc.nat(40),
        fc.nat(40),
        chances,
        fc.option(fc.nat(60)),
        (attempt, maxRetries, chance, asked) => {
          const title = "busy";
          const refusal = { code: "wallet_busy", detail: "x", title, status: 409 };
          const error = new RefusedError(refusal, undefined, asked ?? undefined);
          const delayMs = delayBeforeRetry(error, { attempt: attempt + 1, maxRetries, chance });
          if (attempt + 1 > maxRetries || (asked ?? 0) > 30) return delayMs === undefined;
          const askedMs = (asked ?? 0) * 1_000;
          return delayMs !== undefined && delayMs >= askedMs + 100 && delayMs <= askedMs + 5_000;
        },
      ),
    );
  });

  it("Retry-After is seconds or a date", () => {
    const nowMs = Date.parse("2026-01-31T12:00:00Z");
    expect(parseRetryAfter("7", nowMs)).toBe(7);
    expect(parseRetryAfter("Sat, 31 Jan 2026 12:00:09 GMT", nowMs)).toBe(9);
    expect(parseRetryAfter("Sat, 31 Jan 2026 11:00:00 GMT", nowMs)).toBe(0);
    expect(parseRetryAfter("soon", nowMs)).toBeUndefined();
    expect(parseRetryAfter(null, nowMs)).toBeUndefined();
  });

  it("event ids are UUIDs of version 7 that begin with their time", () => {
    const [before, id, after] = [Date.now(), newEventId(), Date.now()];
    expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    const atMs = Number.parseInt(id.replace("-", "").slice(0, 12), 16);
    expect(atMs).toBeGreaterThanOrEqual(before);
    expect(atMs).toBeLessThanOrEqual(after);
  });
});
