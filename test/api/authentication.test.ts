import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { publicRoutes } from "../../src/app/http.js";
import { publicId } from "../../src/kernel/ids.js";
import type { RouteAuth } from "../../src/platform/http/route.js";
import { createApiKey } from "../../src/tenancy/create-api-key.js";
import { revokeApiKey } from "../../src/tenancy/revoke-api-key.js";
import { scopes } from "../../src/tenancy/rules.js";
import { startTestStack, type TestStack } from "../support/stack.js";
import { until } from "../support/until.js";
import { dumpTables } from "./dump.js";
import { requestOf, routeCases } from "./route-cases.js";
import { type Asked, send } from "./send.js";
import { openShop, type Shop } from "./shops.js";

let stack: TestStack;
let shop: Shop;
beforeAll(async () => {
  stack = await startTestStack({ roles: ["web"], env: { TRUST_PROXY: "1" } });
  shop = await openShop(stack, "redfish");
}, 60_000);
afterAll(() => stack.stop());

const requiredScopes = (auth: RouteAuth) => (auth === "public" ? [] : auth.scopes);
const locked = publicRoutes
  .filter(({ auth }) => auth !== "public")
  .map((route) => [route.operationId, route] as const);

const project = () => ({ id: shop.projectId, mode: "test" as const });
const newKey = (granted: readonly (typeof scopes)[number][]) =>
  createApiKey(stack.ctx, project(), { name: "a key", scopes: granted }, "test");
const asked = (route: (typeof locked)[number][1]) =>
  requestOf(route, (_place, kind) => shop.name(kind));
let addresses = 0;
/** Each from an address of its own: who asks with many wrong keys is not heard any more. */
const askAs = (key: string | undefined, request: Asked, base = stack.url) =>
  send(base, request, {
    "x-forwarded-for": `10.0.${(++addresses >> 8) & 255}.${addresses & 255}`,
    ...(key === undefined ? {} : { authorization: `Bearer ${key}` }),
  });

it("stands in front of every route below /v1, and of nothing else", () => {
  const open = publicRoutes.filter(({ auth }) => auth === "public").map(({ path }) => path);
  expect(open.filter((path) => path.startsWith("/v1"))).toEqual([]);
  expect(locked.filter(([, { path }]) => !path.startsWith("/v1/"))).toEqual([]);
});

it("knows the scopes of every route", () => {
  const needed = locked.flatMap(([, { auth }]) => requiredScopes(auth));
  expect(needed.filter((scope) => !scopes.some((known) => known === scope))).toEqual([]);
  const free = locked.filter(([, { auth }]) => requiredScopes(auth).length === 0);
  // Every bearer may ask what it is itself.
  expect(free.map(([operationId]) => operationId)).toEqual(["agentTokens.self"]);
});

describe.each(locked)("%s", (_operationId, route) => {
  it("answers 401 to who has no key or an unknown one, and does nothing", async () => {
    const before = await dumpTables(stack.database);
    const unknown = `chg_test_${randomBytes(24).toString("hex")}`;
    for (const key of [undefined, unknown]) {
      const answer = await askAs(key, asked(route));
      expect([answer.status, answer.json["code"]]).toEqual([401, "unauthenticated"]);
      expect(answer.headers["www-authenticate"]).toMatch(/^Bearer realm="chargly"/);
    }
    expect(await dumpTables(stack.database)).toBe(before);
  });

  it("answers 403 to a key that has every scope but one that it needs, names that, and does nothing", async () => {
    for (const missing of requiredScopes(route.auth)) {
      const { secret } = await newKey(scopes.filter((scope) => scope !== missing));
      const before = await dumpTables(stack.database);
      const answer = await askAs(secret, asked(route));
      expect([answer.status, answer.json["code"]]).toEqual([403, "forbidden"]);
      expect(answer.json["requiredScopes"]).toEqual([missing]);
      expect(answer.json["detail"]).toContain(missing);
      expect(answer.headers["www-authenticate"]).toContain(`scope="${missing}"`);
      expect(await dumpTables(stack.database)).toBe(before);
    }
  });

  it("takes a key that has the scopes it names and no other", async () => {
    const also = routeCases[route.operationId]?.alsoNeeds ?? [];
    const needs = [...requiredScopes(route.auth), ...also];
    const needed = scopes.filter((scope) => needs.includes(scope));
    const { secret } = await newKey(needed.length === 0 ? ["packs:read"] : needed);
    const answer = await askAs(secret, asked(route));
    expect(answer.status, answer.text).toBeLessThan(300);
  });
});

it("refuses a revoked key on every route, in every process, within a second", async () => {
  const another = await stack.start(["web"]);
  const bases = [stack.url, another.url ?? ""];
  const { id, secret } = await newKey(scopes);
  const statuses = () =>
    Promise.all(
      bases.flatMap((base) =>
        locked.map(async ([, route]) => (await askAs(secret, asked(route), base)).status),
      ),
    );
  // What can be done once is refused the second time, with another status.
  expect((await statuses()).filter((status) => status === 401)).toEqual([]);
  await revokeApiKey(stack.ctx, shop.projectId, id, "test");
  const revokedMs = performance.now();
  let lastTakenMs = 0;
  await until(
    async () => {
      const sentMs = performance.now();
      const refused = (await statuses()).every((status) => status === 401);
      if (!refused) lastTakenMs = sentMs - revokedMs;
      return refused;
    },
    { everyMs: 100, because: `${publicId("apiKey", id)} to be refused everywhere` },
  );
  expect(lastTakenMs).toBeLessThan(1_000);
});

it("takes a key in the Authorization header alone: not in the path, the query, a cookie or another header", async () => {
  const wallet = `/v1/wallets/${shop.name("customer")}`;
  const none: Readonly<Record<string, string>>[] = [
    { cookie: `authorization=${shop.key}` },
    { "x-api-key": shop.key },
    { authorization: shop.key },
    { authorization: `Token ${shop.key}` },
    { authorization: `Bearer  ${shop.key} ${shop.key}` },
    { authorization: `Bearer ${shop.key}${"x".repeat(1_000)}` },
    { authorization: "Basic !" },
  ];
  for (const headers of none) {
    const answer = await send(stack.url, { method: "GET", path: wallet }, headers);
    expect(answer.status, JSON.stringify(headers)).toBe(401);
  }
  for (const path of [`${wallet}?api_key=${shop.key}`, `${wallet}?authorization=${shop.key}`])
    expect((await send(stack.url, { method: "GET", path })).status).toBe(401);
  const basic = Buffer.from(`${shop.key}:`).toString("base64");
  const asUser = { authorization: `Basic ${basic}` };
  expect((await send(stack.url, { method: "GET", path: wallet }, asUser)).status).toBe(200);
});
