import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createAgentToken } from "../../src/agents/create-agent-token.js";
import { createOperatorToken } from "../../src/agents/create-operator-token.js";
import { revokeKey } from "../../src/agents/revoke-key.js";
import {
  type OperatorTool,
  operatorToolNames,
  scopesOfTools,
  type WalletTool,
  walletToolNames,
} from "../../src/agents/rules.js";
import { publicRoutes } from "../../src/app/http.js";
import { wholeCredits } from "../../src/kernel/credits.js";
import { publicId } from "../../src/kernel/ids.js";
import type { RouteAuth } from "../../src/platform/http/route.js";
import { createApiKey } from "../../src/tenancy/create-api-key.js";
import { scopes } from "../../src/tenancy/rules.js";
import { startTestStack, type TestStack } from "../support/stack.js";
import { until } from "../support/until.js";
import { dumpTables } from "./dump.js";
import { requestOf, routeCases } from "./route-cases.js";
import { type Asked, type Raw, send } from "./send.js";
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

describe("tokens", () => {
  it("are taken by these routes, and by a new one only if it says so", () => {
    const by = (known: (name: string) => boolean) =>
      locked.flatMap(([operationId, { tokens }]) =>
        tokens !== undefined && (tokens.tools === "any" || tokens.tools.some(known))
          ? [operationId]
          : [],
      );
    const isIn = (names: readonly string[]) => (name: string) => names.includes(name);
    expect(by(isIn(walletToolNames)).toSorted()).toEqual(
      [...agentsRoutes, ...everybodys].toSorted(),
    );
    expect(by((name) => !isIn([...walletToolNames, ...operatorToolNames])(name))).toEqual([
      "agentTokens.self",
    ]);
    const agentsToo = locked.filter(([, { tokens }]) => tokens?.whose !== undefined);
    expect(agentsToo.map(([operationId]) => operationId).toSorted()).toEqual(
      [...agentsRoutes, ...everybodys].toSorted(),
    );
  });

  it("have by their tools the scopes of every route that they open", () => {
    const short = locked.flatMap(([operationId, { auth, tokens }]) =>
      (tokens === undefined || tokens.tools === "any" ? [] : tokens.tools).flatMap((tool) =>
        requiredScopes(auth).some((scope) => !scopesOfTool(tool).includes(scope))
          ? [[operationId, tool]]
          : [],
      ),
    );
    expect(short).toEqual([]);
  });

  it.each(locked)(
    "let on %s nobody in for another customer or without its tool",
    async (operationId, route) => {
      const opening = route.tokens?.tools ?? [];
      if (opening === "any") return;
      const others = await agentOf("another_customer", walletToolNames);
      const isOpening = (tool: string) => opening.includes(tool);
      const lacking = [
        await agentOf(
          shop.name("customer"),
          walletToolNames.filter((tool) => !isOpening(tool)),
        ),
        await operatorWith(operatorToolNames.filter((tool) => !isOpening(tool))),
      ];
      const before = await dumpTables(stack.database);
      const code = (answer: Raw) => [answer.status, answer.json["code"]];
      const theirs = await askAs(others, asked(route));
      if (everybodys.includes(operationId)) expect(theirs.status, theirs.text).toBe(200);
      else
        expect(
          agentsRoutes.includes(operationId) ? notTheirs : notTheirs.slice(0, 1),
        ).toContainEqual(code(theirs));
      expect(theirs.text).not.toContain(shop.name("customer"));
      for (const token of lacking) {
        const answer = await askAs(token, asked(route));
        expect(code(answer)).toEqual([403, "forbidden"]);
        const { requiredTools = route.tokens?.tools } = answer.json;
        expect(requiredTools).toEqual(route.tokens?.tools);
      }
      expect(await dumpTables(stack.database)).toBe(before);
    },
  );
});

const notTheirs = [
  [403, "forbidden"],
  [404, "not_found"],
];
/** Where an agent may ask about its own customer. */
const agentsRoutes: readonly string[] = [
  "checkouts.create",
  "checkouts.get",
  "holds.capture",
  "holds.create",
  "holds.extend",
  "holds.get",
  "holds.list",
  "holds.release",
  "quotes.create",
  "transactions.explain",
  "transactions.list",
  "usage.get",
  "usage.record",
  "wallets.exportStatement",
  "wallets.get",
];
/** What is the same for all customers of a project. */
const everybodys: readonly string[] = ["agentTokens.self", "creditPacks.get", "creditPacks.list"];

function scopesOfTool(tool: string): readonly string[] {
  const known = [...walletToolNames, ...operatorToolNames].find((name) => name === tool);
  return known === undefined ? [] : scopesOfTools([known]);
}

const hour = { expiresInSeconds: 3_600, name: "an agent" };

async function agentOf(customerId: string, tools: readonly WalletTool[]): Promise<string> {
  const spendable = { perCall: null, perDay: null, total: wholeCredits(1_000n) };
  const order = { customerId, tools, ...spendable, namesPrices: false, ...hour };
  const maker = { actor: "test", keyId: null, scopes: new Set<string>(scopes) };
  const made = await stack.ctx.db.transaction((trx) =>
    createAgentToken(stack.ctx, trx, project(), order, maker),
  );
  return made.token.secret;
}

async function operatorWith(tools: readonly OperatorTool[]): Promise<string> {
  return (await createOperatorToken(stack.ctx, project(), { ...hour, tools }, "test")).secret;
}

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
  await revokeKey(stack.ctx.db, shop.projectId, id, "test");
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
