import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { encodeCursor } from "../../src/kernel/page.js";
import { problemContentType } from "../../src/platform/http/problem.js";
import type { Answer } from "../platform/http/web.js";
import { type Api, startApi, type Tenant } from "./api.js";

let api: Api;
let shop: Tenant;
let other: Tenant;
let before: string;
beforeAll(async () => {
  api = await startApi();
  shop = await api.tenant();
  other = await api.tenant();
  const gift = { credits: 10, reason: "gift" };
  await shop.send("POST", "/v1/wallets/user_123/grants", gift, { "idempotency-key": "used" });
  await shop.send("PUT", "/v1/credit-packs/starter", pack);
});
afterAll(() => api.close());
beforeEach(async () => {
  before = await api.written();
});

const pack = { name: "500 credits", credits: 500, price: { amount: 999, currency: "usd" } };

interface Door {
  readonly method: "GET" | "POST" | "PUT";
  readonly path: string;
  readonly body?: Readonly<Record<string, unknown>>;
}

const grants: Door = {
  method: "POST",
  path: "/v1/wallets/user_123/grants",
  body: { credits: 1, reason: "because" },
};
const corrections: Door = { ...grants, path: "/v1/wallets/user_123/corrections" };
const packs: Door = { method: "PUT", path: "/v1/credit-packs/starter", body: pack };
const links: Door = { method: "POST", path: "/v1/wallets/user_123/links", body: {} };
const doors: readonly Door[] = [
  grants,
  corrections,
  packs,
  links,
  { method: "GET", path: "/v1/wallets/user_123" },
  { method: "GET", path: "/v1/wallets/user_123/transactions" },
  { method: "GET", path: "/v1/credit-packs" },
  { method: "GET", path: "/v1/credit-packs/starter" },
];
const nameOf = ({ method, path }: Door) => `${method} ${path}`;
const takingCredits = [grants, corrections, packs];

const ask = ({ method, path, body }: Door, headers: Record<string, string>) =>
  api.web.get(path, {
    method,
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    headers: { "content-type": "application/json", ...headers },
  });

/** Sends a body as it stands, with a key that may do everything. */
const sendRaw = ({ method, path }: Door, body: string) =>
  api.web.post(path, body, { method, headers: { authorization: `Bearer ${shop.key.secret}` } });

async function expectRefusal(answer: Answer, status: number, code: string): Promise<void> {
  expect([answer.status, answer.json["code"]]).toEqual([status, code]);
  expect(answer.headers.get("content-type")).toContain(problemContentType);
  expect(answer.json).toMatchObject({ status, requestId: expect.any(String) });
  expect(String(answer.json["detail"])).not.toBe("");
  expect(await api.written()).toBe(before);
}

describe.each(doors.map((door) => [nameOf(door), door] as const))("%s", (_name, door) => {
  it("refuses who has no key, a wrong one, or one that is no key", async () => {
    const none = await api.web.get(door.path, {
      method: door.method,
      headers: { authorization: "" },
    });
    await expectRefusal(none, 401, "unauthenticated");
    const unknown = `chg_test_${randomBytes(24).toString("hex")}`;
    for (const key of [unknown, `${shop.key.secret}0`, shop.key.secret.slice(0, -1), "sk_test_1"])
      await expectRefusal(
        await ask(door, { authorization: `Bearer ${key}` }),
        401,
        "unauthenticated",
      );
    const digest = { authorization: `Digest ${shop.key.secret}` };
    await expectRefusal(await ask(door, digest), 401, "unauthenticated");
  });

  it("refuses a key that lacks its scope, whatever else it may", async () => {
    const needed = door.path.includes("credit-packs")
      ? door.method === "GET"
        ? "packs:read"
        : "packs:write"
      : door === grants || door === corrections
        ? "wallets:adjust"
        : "wallets:read";
    const everythingElse = (
      [
        "wallets:read",
        "wallets:adjust",
        "packs:read",
        "packs:write",
        "checkouts:read",
        "checkouts:write",
      ] as const
    ).filter((scope) => scope !== needed);
    const poor = await api.tenant("test", everythingElse);
    before = await api.written();
    const answer = await ask(door, { authorization: `Bearer ${poor.key.secret}` });
    await expectRefusal(answer, 403, "forbidden");
    expect(answer.json["requiredScopes"]).toEqual([needed]);
  });
});

describe.each(takingCredits.map((door) => [nameOf(door), door] as const))("%s", (_name, door) => {
  it.each([
    ["nothing", "null"],
    ["zero", "0"],
    ["zero with a sign", "-0"],
    ["zero as text", '"0"'],
    ["an exponent", "1e3"],
    ["an exponent as text", '"1e3"'],
    ["a small exponent", "1e-7"],
    ["other digits", '"٥"'],
    ["seven decimals", "0.0000001"],
    ["seven decimals as text", '"0.0000001"'],
    ["digits that a double does not keep", "1.0000000000000001"],
    ["as much as the limit", "1000000000"],
    ["as much as the limit as text", '"1000000000"'],
    ["more than a double knows", "1e999"],
    ["a text that is no number", '"many"'],
    ["a NaN as text", '"NaN"'],
    ["hexadecimal digits", '"0x10"'],
    ["a sign", '"+5"'],
    ["leading zeros", '"007"'],
    ["a space", '" 5"'],
    ["nothing at all", '""'],
    ["a list", "[5]"],
    ["an object", '{"valueOf":5}'],
    ["a truth", "true"],
    ["endless digits", `"${"9".repeat(10_000)}"`],
  ])("refuses credits that are %s", async (_what, credits) => {
    const body = JSON.stringify({ ...door.body, credits: "HERE" }).replace('"HERE"', credits);
    await expectRefusal(await sendRaw(door, body), 400, "invalid_request");
  });

  it("refuses what is not JSON, is too large, too deep, or reaches for prototypes", async () => {
    const filled = JSON.stringify(door.body);
    const withFirst = (member: string) => filled.replace("{", `{${member},`);
    await expectRefusal(await sendRaw(door, withFirst('"credits":NaN')), 400, "malformed_json");
    const deep = "[".repeat(100_000) + "]".repeat(100_000);
    await expectRefusal(await sendRaw(door, withFirst(`"x":${deep}`)), 400, "malformed_json");
    const large = withFirst(`"x":"${"a".repeat(10 * 1024 * 1024)}"`);
    await expectRefusal(await sendRaw(door, large), 413, "body_too_large");
    for (const key of ["__proto__", "constructor", "prototype", "\\u005f_proto__"])
      await expectRefusal(
        await sendRaw(door, withFirst(`"${key}":{"credits":1}`)),
        400,
        "invalid_request",
      );
  });

  it("refuses a field that it does not know, and names it", async () => {
    const answer = await sendRaw(door, JSON.stringify({ ...door.body, amout: 5 }));
    await expectRefusal(answer, 400, "invalid_request");
    expect(answer.json["param"]).toBe("amout");
  });
});

it("refuses to grant less than nothing; that is a correction", async () => {
  await expectRefusal(await sendRaw(grants, '{"credits":-1,"reason":"x"}'), 400, "invalid_request");
  await expectRefusal(
    await sendRaw(packs, JSON.stringify({ ...pack, credits: -1 })),
    400,
    "invalid_request",
  );
});

it.each([
  ["missing", undefined],
  ["empty", ""],
  ["blank", "   "],
  ["too long", "x".repeat(501)],
  ["two lines", "a\nb"],
  ["a direction override", "a\u202eb"],
  ["not text", 5],
])("refuses an adjustment whose reason is %s", async (_what, reason) => {
  for (const door of [grants, corrections]) {
    const answer = await sendRaw(door, JSON.stringify({ credits: 1, reason }));
    await expectRefusal(answer, 400, "invalid_request");
    expect(answer.json["param"]).toBe("reason");
  }
});

it.each([0, -1, 1.5, 3_651, "30", 1e9])("refuses an expiry in %s days", async (expiresInDays) => {
  const body = JSON.stringify({ credits: 1, reason: "x", expiresInDays });
  await expectRefusal(await sendRaw(grants, body), 400, "invalid_request");
});

it.each([0, 59, 86_401, 1.5, "60", null])(
  "refuses a link that expires in %s seconds",
  async (expiresInSeconds) => {
    const answer = await sendRaw(links, JSON.stringify({ expiresInSeconds }));
    await expectRefusal(answer, 400, "invalid_request");
  },
);

it.each([
  ["a control character", "%00"],
  ["a line break", "a%0Ab"],
  ["an invisible character", "a%E2%80%8Bb"],
  ["a space at the end", "a%20"],
  ["a space that looks like another", "a%C2%A0b"],
  ["more than 255 characters", "x".repeat(256)],
  ["a malformed escape", "%E0%A4%A"],
  ["only a space", "%20"],
])("refuses a customer id with %s", async (_what, customer) => {
  for (const path of ["", "/transactions"])
    await expectRefusal(await shop.get(`/v1/wallets/${customer}${path}`), 400, "invalid_request");
  const gift = { credits: 1, reason: "x" };
  const answer = await shop.send("POST", `/v1/wallets/${customer}/grants`, gift);
  await expectRefusal(answer, 400, "invalid_request");
});

it.each([
  "limit=0",
  "limit=101",
  "limit=-1",
  "limit=1e1",
  "limit=5&limit=6",
  "limit=%D9%A5",
  "limit=",
  "cursor=",
  "cursor=nonsense!",
  `cursor=${encodeCursor("\0")}`,
  `cursor=${encodeCursor("x")}x`,
  `cursor=${"A".repeat(2_000)}`,
  "page=2",
])("refuses to list by ?%s", async (query) => {
  for (const path of ["/v1/wallets/user_123/transactions", "/v1/credit-packs"])
    await expectRefusal(await shop.get(`${path}?${query}`), 400, "invalid_request");
});

it("refuses a cursor that belongs to another list", async () => {
  const path = `/v1/wallets/user_123/transactions?cursor=${encodeCursor("starter")}`;
  await expectRefusal(await shop.get(path), 400, "invalid_request");
});

it("refuses an idempotency key that was used for another body, path or customer", async () => {
  const used = { "idempotency-key": "used" };
  for (const [path, body] of [
    [grants.path, { credits: 11, reason: "gift" }],
    [grants.path, { credits: 10, reason: "other" }],
    [corrections.path, { credits: 10, reason: "gift" }],
    ["/v1/wallets/user_124/grants", { credits: 10, reason: "gift" }],
  ] as const)
    await expectRefusal(await shop.send("POST", path, body, used), 422, "idempotency_key_reused");
  const again = await shop.send("POST", grants.path, { reason: "gift", credits: 10 }, used);
  expect([again.status, again.headers.get("idempotent-replayed")]).toEqual([201, "true"]);
  expect(await api.written()).toBe(before);
});

it("knows no wallet, transaction or pack of another project", async () => {
  const wallet = await other.get("/v1/wallets/user_123");
  expect(wallet.json).toMatchObject({ available: 0, createdAt: null });
  const lines = await other.get("/v1/wallets/user_123/transactions");
  expect(lines.json["data"]).toEqual([]);
  const list = await other.get("/v1/credit-packs");
  expect(list.json["data"]).toEqual([]);
  await expectRefusal(await other.get("/v1/credit-packs/starter"), 404, "not_found");
  const unknown = await other.get("/v1/credit-packs/unknown");
  const foreign = await other.get("/v1/credit-packs/starter");
  expect({ ...unknown.json, requestId: "" }).toEqual({ ...foreign.json, requestId: "" });
  const take = { credits: -1, reason: "not mine" };
  const taken = await other.send("POST", corrections.path, take);
  await expectRefusal(taken, 402, "insufficient_credits");
});
