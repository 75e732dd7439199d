import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { addressGroup } from "../../../src/platform/http/auth-failure-limit.js";
import type { EndedKey } from "../../../src/platform/http/principal.js";
import { type Things, thingRoutes } from "./things.js";
import { goodKey, principals, readOnlyKey, startWeb, type Web } from "./web.js";

const ctx: Things = { seen: [] };
let web: Web;
beforeAll(async () => {
  web = await startWeb(thingRoutes, ctx);
});
afterAll(() => web.close());

const basic = (user: string, password = "") =>
  `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}`;
const read = (authorization: string, from = web) =>
  from.get("/v1/things/a", { headers: { authorization } });

describe("an API key", () => {
  it("comes as a bearer token in any case, or as the user name of HTTP Basic", async () => {
    for (const authorization of [
      `Bearer ${goodKey}`,
      `bearer  ${goodKey} `,
      basic(goodKey),
      basic(goodKey, "ignored"),
    ]) {
      expect((await read(authorization)).status).toBe(200);
    }
  });

  it.each([
    ["none", ""],
    ["no scheme", goodKey],
    ["another scheme", `Digest ${goodKey}`],
    ["an empty Basic user", basic("")],
    ["two tokens", `Bearer ${goodKey} x`],
    ["a very long one", `Bearer ${"x".repeat(4_000)}`],
  ])("is asked for when there is %s", async (_what, authorization) => {
    const { status, json, headers } = await read(authorization);
    expect([status, json["code"]]).toEqual([401, "unauthenticated"]);
    expect(headers.get("www-authenticate")).toBe('Bearer realm="chargly"');
  });

  it("that is unknown or revoked is refused, and stays out of the log", async () => {
    const { status, json, headers } = await read("Bearer chg_test_revokedRevokedRevoked");
    expect([status, json["code"]]).toEqual([401, "unauthenticated"]);
    expect(headers.get("www-authenticate")).toContain('error="invalid_token"');
    expect(web.logged()).not.toContain("revokedRevoked");
  });

  it("that lacks a scope is told which one, before its body is looked at", async () => {
    const { status, json, headers } = await web.post("/v1/things/a", "{nonsense", {
      headers: { authorization: `Bearer ${readOnlyKey}` },
    });
    expect([status, json["code"]]).toEqual([403, "forbidden"]);
    expect(json["requiredScopes"]).toEqual(["things:write"]);
    expect(headers.get("www-authenticate")).toContain('scope="things:write"');
  });

  it("whose lookup fails answers 503, not 401", async () => {
    const down = await startWeb(thingRoutes, ctx, {
      authenticate: async () => {
        throw Object.assign(new Error("gone"), { code: "57P01" });
      },
    });
    expect((await read(`Bearer ${goodKey}`, down)).status).toBe(503);
    await down.close();
  });
});

describe("a rate limit", () => {
  it("counts per key, says what is left, and answers 429 with Retry-After", async () => {
    const limited = await startWeb(thingRoutes, ctx, { limits: { perSecond: 3 } });
    const answers = await Promise.all(
      Array.from({ length: 5 }, () => read(`Bearer ${goodKey}`, limited)),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 200, 200, 429, 429]);
    expect(answers[0]?.headers.get("ratelimit-policy")).toBe('"default";q=3;w=1');
    expect(answers[0]?.headers.get("ratelimit")).toBe('"default";r=2;t=1');
    const refused = answers.find(({ status }) => status === 429);
    expect(refused?.json["code"]).toBe("too_many_requests");
    expect(refused?.headers.get("retry-after")).toBe("1");
    expect((await read(`Bearer ${readOnlyKey}`, limited)).status).toBe(200);
    await limited.close();
  });

  it("counts per address where nobody is authenticated, and believes X-Forwarded-For only from a proxy", async () => {
    const limits = { perSecond: 1 };
    const behindProxy = await startWeb(thingRoutes, ctx, { limits, trustProxy: 1 });
    const open = await startWeb(thingRoutes, ctx, { limits });
    const from = (address: string, at: Web) =>
      at.get("/plain", { headers: { "x-forwarded-for": address } });
    const proxied = await Promise.all([
      from("192.0.2.1", behindProxy),
      from("192.0.2.2", behindProxy),
    ]);
    expect(proxied.map(({ status }) => status)).toEqual([200, 200]);
    const direct = await Promise.all([from("192.0.2.1", open), from("192.0.2.2", open)]);
    expect(direct.map(({ status }) => status).sort()).toEqual([200, 429]);
    await Promise.all([behindProxy.close(), open.close()]);
  });

  it("stops an address that guesses keys without asking again, and lets known keys from there through", async () => {
    let lookups = 0;
    const guarded = await startWeb(thingRoutes, ctx, {
      limits: { authFailuresPerMinute: 3 },
      authenticate: async (key) => {
        lookups++;
        return principals.get(key);
      },
    });
    expect((await read(`Bearer ${goodKey}`, guarded)).status).toBe(200);
    const guesses: number[] = [];
    for (let guess = 0; guess < 5; guess++) {
      guesses.push((await read(`Bearer chg_test_guess${guess}`, guarded)).status);
    }
    expect(guesses).toEqual([401, 401, 401, 429, 429]);
    expect(lookups).toBe(4);
    expect((await read(`Bearer ${goodKey}`, guarded)).status).toBe(200);
    expect((await read(`Bearer ${readOnlyKey}`, guarded)).status).toBe(429);
    await guarded.close();
  });

  it("does not take going on with a key that has ended for guessing", async () => {
    const ended = new Map<string, EndedKey>([
      ["chg_test_old", { kind: "ended", because: "expired" }],
      ["chg_test_gone", { kind: "ended", because: "revoked" }],
    ]);
    const guarded = await startWeb(thingRoutes, ctx, {
      limits: { authFailuresPerMinute: 1 },
      authenticate: async (key) => ended.get(key) ?? principals.get(key),
    });
    for (const [key, has] of [
      ["old", "has expired"],
      ["gone", "unknown, revoked or expired"],
      ["old", "another one"],
    ] as const) {
      const answer = await read(`Bearer chg_test_${key}`, guarded);
      expect([answer.status, answer.json["detail"]]).toEqual([401, expect.stringContaining(has)]);
      expect(answer.headers.get("www-authenticate")).toContain("invalid_token");
    }
    expect((await read(`Bearer ${goodKey}`, guarded)).status).toBe(200);
    const guess = await read("Bearer chg_test_guess", guarded);
    expect([guess.status, guess.json["detail"]]).toEqual([401, expect.stringContaining("unknown")]);
    expect((await read(`Bearer ${readOnlyKey}`, guarded)).status).toBe(429);
    await guarded.close();
  });
});

it("takes an IPv6 /64 and a mapped IPv4 address for one caller each", () => {
  expect(addressGroup("2001:db8:1:2:3:4:5:6")).toBe(addressGroup("2001:db8:1:2:ffff::1"));
  expect(addressGroup("2001:db8::1")).toBe("2001:db8:0:0::/64");
  expect(addressGroup("::1")).toBe("0:0:0:0::/64");
  expect(addressGroup("::ffff:192.0.2.1")).toBe("192.0.2.1");
  expect(addressGroup("192.0.2.1")).not.toBe(addressGroup("192.0.2.2"));
});
