import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { publicRoutes } from "../../src/app/http.js";
import { problemContentType } from "../../src/platform/http/problem.js";
import { faultsOfAnswer } from "../contract/document.js";
import { killAll, type RoleProcess, startRole } from "../support/processes.js";
import { startTestStack, type TestStack } from "../support/stack.js";
import { dumpTables } from "./dump.js";
import { hostileBodies, wrongTexts } from "./hostile.js";
import { requestOf } from "./route-cases.js";
import { type Asked, type Raw, send } from "./send.js";
import { openShop, type Shop } from "./shops.js";

let stack: TestStack;
let shop: Shop;
/** The program that is attacked, as a process of its own whose output is all that it ever logged. */
let web: RoleProcess;
let before: string;
let codesExplained: ReadonlySet<string>;
const heard: string[] = [];

beforeAll(async () => {
  stack = await startTestStack({ roles: ["web"] });
  shop = await openShop(stack, "redfish");
  web = await startRole("web", stack.env);
  const used = { customerId: "somebody", creditPackCode: shop.name("pack") };
  await ask({ method: "POST", path: "/v1/checkouts", body: used }, { "idempotency-key": "used" });
  const page = await send(web.url, { method: "GET", path: "/docs" });
  codesExplained = new Set([...page.text.matchAll(/ id="(\w+)"/g)].map(([, code = ""]) => code));
  before = await dumpTables(stack.database);
}, 60_000);
afterAll(async () => {
  await killAll();
  await stack.stop();
});

async function ask(request: Asked, headers: Readonly<Record<string, string>> = {}): Promise<Raw> {
  const answer = await send(web.url, request, { authorization: `Bearer ${shop.key}`, ...headers });
  heard.push(`${answer.text}\n${JSON.stringify(answer.headers)}`);
  return answer;
}

/** The problem that was promised, with everything that a caller needs, and nothing written. */
async function expectProblem(answer: Raw, status: number, code: string): Promise<void> {
  expect([answer.status, answer.json["code"]], answer.text).toEqual([status, code]);
  expect(answer.headers["content-type"]).toContain(problemContentType);
  const { detail, title, requestId, type } = answer.json;
  expect([String(detail), String(title)]).not.toContain("");
  expect(answer.json["status"]).toBe(status);
  expect(type).toBe(`/docs#${code}`);
  expect(codesExplained).toContain(code);
  if (status !== 431) expect(requestId).toBe(answer.headers["x-request-id"]);
  expect(await dumpTables(stack.database)).toBe(before);
}

const checkout = () => ({ customerId: "somebody", creditPackCode: shop.name("pack") });
const postCheckout = (body: unknown, headers: Readonly<Record<string, string>> = {}) =>
  ask({ method: "POST", path: "/v1/checkouts", body }, headers);

const takingBodies = publicRoutes
  .filter(({ body, auth }) => body !== undefined && auth !== "public")
  .map((route) => [route.operationId, route] as const);
const takesLists = ({ body }: (typeof publicRoutes)[number]) => body instanceof z.ZodUnion;

describe.each(takingBodies)("the body of %s", (operationId, route) => {
  it("is refused and changes nothing, however hostile it is", async () => {
    const { body, ...request } = requestOf(route, (_place, kind) => shop.name(kind));
    const valid = typeof body === "object" && body !== null ? { ...body } : {};
    const bodies = hostileBodies(valid).filter(
      ({ what }) => what !== "a list" || !takesLists(route),
    );
    for (const { what, status, code, ...hostile } of bodies) {
      const answer = await ask({ ...request, body: hostile.body }, hostile.headers);
      expect([what, answer.status]).toEqual([what, status]);
      await expectProblem(answer, status, code);
      expect(faultsOfAnswer(operationId, answer)).toEqual([]);
    }
  });
});

describe("POST /v1/checkouts", () => {
  it.each(["customerId", "creditPackCode"])("refuses a wrong %s, and names it", async (field) => {
    for (const wrong of [...wrongTexts, undefined]) {
      const answer = await postCheckout({ ...checkout(), [field]: wrong });
      await expectProblem(answer, 400, "invalid_request");
      expect(String(answer.json["param"])).toMatch(new RegExp(`^${field}`));
    }
  });

  it.each(["successUrl", "cancelUrl"])("refuses a %s that is no web address", async (field) => {
    for (const wrong of [
      5,
      {},
      "",
      "/credits",
      "//redfish.example.com",
      "javascript:alert(1)",
      "data:text/html,x",
      "ftp://redfish.example.com/",
      `https://redfish.example.com/${"x".repeat(2_000)}`,
    ]) {
      const answer = await postCheckout({ ...checkout(), [field]: wrong });
      await expectProblem(answer, 400, "invalid_request");
      expect(answer.json["param"]).toBe(field);
    }
  });

  it.each(["successUrl", "cancelUrl"])("refuses a %s that only looks allowed", async (field) => {
    for (const foreign of [
      "https://evil.example.com/",
      "https://redfish.example.com.evil.com/",
      "https://redfish.example.com@evil.com/",
      "https://user:pass@redfish.example.com/",
      "http://redfish.example.com/",
      "https://redfish.example.com:8443/",
      "https://evil.com/https://redfish.example.com/",
      "https://evil.com\\@redfish.example.com/",
      "https://redfish。example.com.evil.com/",
    ]) {
      const answer = await postCheckout({ ...checkout(), [field]: foreign });
      await expectProblem(answer, 422, "origin_not_allowed");
      expect(answer.json["param"]).toBe(field);
    }
  });

  it("refuses a flag that is none, a pack that is unknown, and the last of two values", async () => {
    for (const allowPromotionCodes of ["true", 1, null, []])
      await expectProblem(
        await postCheckout({ ...checkout(), allowPromotionCodes }),
        400,
        "invalid_request",
      );
    const unknown = { ...checkout(), creditPackCode: "unknown" };
    await expectProblem(await postCheckout(unknown), 404, "not_found");
    const twice = JSON.stringify(checkout()).replace("}", ',"creditPackCode":"unknown"}');
    await expectProblem(await postCheckout(twice), 404, "not_found");
  });

  it("refuses an Idempotency-Key that belongs to another body or path, or that is none", async () => {
    const used = { "idempotency-key": "used" };
    for (const body of [
      { ...checkout(), customerId: "somebody_else" },
      { ...checkout(), creditPackCode: "redfish-large" },
      { ...checkout(), allowPromotionCodes: true },
    ])
      await expectProblem(await postCheckout(body, used), 422, "idempotency_key_reused");
    const grant = { method: "POST", path: "/v1/wallets/somebody/grants" };
    const gift = await ask({ ...grant, body: { credits: 1, reason: "x" } }, used);
    await expectProblem(gift, 422, "idempotency_key_reused");
    for (const key of ["", "a b", "é", "x".repeat(256)]) {
      const answer = await postCheckout(checkout(), { "idempotency-key": key });
      await expectProblem(answer, 400, "invalid_request");
      expect(answer.json["param"]).toBe("Idempotency-Key");
    }
  });
});

describe("GET /v1/checkouts/:id", () => {
  it.each([
    "pur_",
    "pur_0",
    "pur_00000000000000000000000000x",
    "pur_zzzzzzzzzzzzzzzzzzzzzzzzzz",
    "prj_01k2x3v9g7f6q8r5s4t3w2y1z0",
    "01k2x3v9g7f6q8r5s4t3w2y1z0",
    "00000000-0000-0000-0000-000000000000",
    "%27%20or%201=1--",
    "pur_%00",
    "%ff",
    "..%2f..%2fetc%2fpasswd",
    "%2e%2e",
    "%E0%A4%A",
    "x".repeat(4_000),
  ])("refuses the id %s", async (id) => {
    const answer = await ask({ method: "GET", path: `/v1/checkouts/${id}` });
    await expectProblem(answer, 400, "invalid_request");
  });

  it.each([
    "wait=21",
    "wait=-1",
    "wait=1e1",
    "wait=",
    "wait=NaN",
    "wait=1&wait=2",
    "wait[]=1",
    "x=1",
  ])("refuses ?%s", async (query) => {
    const path = `/v1/checkouts/${shop.name("purchase")}?${query}`;
    await expectProblem(await ask({ method: "GET", path }), 400, "invalid_request");
  });
});

describe("a path", () => {
  it.each([
    "/v1/checkouts/../../etc/passwd",
    "/../../../../etc/passwd",
    "/%2e%2e/%2e%2e/etc/passwd",
    "//etc/passwd",
    "/v1//checkouts",
    "/V1/checkouts",
    "/v1/checkouts.json",
    "/.env",
    "/.git/config",
    "/docs/../.env",
    "/docs/errors/..%2f..%2f.env",
    "/package.json",
    "/__proto__",
    "/constructor",
  ])("leads nowhere but to routes: %s", async (path) => {
    await expectProblem(await ask({ method: "GET", path }), 404, "not_found");
  });

  it("takes the methods it declares, and says which", async () => {
    for (const method of ["PUT", "PATCH", "DELETE", "GET", "PROPFIND"]) {
      const answer = await ask({ method, path: "/v1/checkouts" });
      await expectProblem(answer, 405, "method_not_allowed");
      expect(answer.headers["allow"]).toBe("POST, OPTIONS");
    }
  });
});

describe("headers", () => {
  it("that are too large together are refused, as a problem", async () => {
    const large = await postCheckout(checkout(), { "x-large": "x".repeat(20_000) });
    await expectProblem(large, 431, "headers_too_large");
    const many = Object.fromEntries(
      Array.from({ length: 2_000 }, (_, n) => [`x-${n}`, "xxxxxxxx"]),
    );
    await expectProblem(await postCheckout(checkout(), many), 431, "headers_too_large");
  });

  it("cannot smuggle a line, a secret or markup into the request id", async () => {
    for (const requestId of [
      "<script>alert(1)</script>",
      shop.key,
      "x".repeat(500),
      "a b c d e f",
    ]) {
      const answer = await ask({ method: "GET", path: "/nowhere" }, { "x-request-id": requestId });
      await expectProblem(answer, 404, "not_found");
      expect(answer.json["requestId"]).not.toBe(requestId);
    }
  });
});

describe("nothing leaks", () => {
  it("when the database fails inside: the answer says nothing of it, and the log no secret", async () => {
    const { db } = stack.database;
    await db.raw("alter table credit_packs rename to gone");
    const answers = [
      await ask({ method: "GET", path: "/v1/credit-packs" }),
      await postCheckout(checkout()),
    ];
    await db.raw("alter table gone rename to credit_packs");
    for (const answer of answers) {
      await expectProblem(answer, 500, "internal");
      expect(answer.text).not.toContain("credit_packs");
    }
  });

  it("when a webhook is forged or a key is wrong", async () => {
    const body = JSON.stringify({ id: "evt_1", note: stack.webhookSecret });
    const signature = { "stripe-signature": `t=1,v1=${randomBytes(32).toString("hex")}` };
    const path = new URL(stack.webhookUrl).pathname;
    expect((await ask({ method: "POST", path, body }, signature)).status).toBe(400);
    const wrong = { authorization: `Bearer ${shop.key}0` };
    expect((await ask({ method: "GET", path: "/v1/credit-packs" }, wrong)).status).toBe(401);
  });

  it("from any answer or log line of all these attacks: no stack, no SQL, no path of ours, no secret", async () => {
    const { stdout, stderr } = await web.terminate();
    const log = stdout + stderr;
    expect(heard.length).toBeGreaterThan(200);
    expect(log).toContain("request answered");
    expect(log).toContain("unexpected error");
    const masterKey = String(stack.env["CHARGLY_MASTER_KEYS"]).split(":")[1] ?? "";
    const secrets = [
      shop.key,
      stack.apiKey,
      stack.stripeKey,
      stack.webhookSecret,
      String(stack.env["OPERATOR_PASSWORD"]),
      masterKey,
      Buffer.from(masterKey, "base64").toString("hex"),
      stack.database.url,
      new URL(stack.database.url).password,
      shop.name("token"),
    ].filter((secret) => secret !== "");
    for (const secret of secrets) {
      expect(log).not.toContain(secret);
      expect(heard.filter((answer) => answer.includes(secret))).toEqual([]);
    }
    const inside =
      /\n\s+at |node_modules|\.[jt]s:\d+|\bselect\b.*\bfrom\b|\binsert into\b|\bupdate\b.*\bset\b/i;
    expect(heard.filter((answer) => inside.test(answer))).toEqual([]);
    expect(heard.filter((answer) => answer.includes(process.cwd()))).toEqual([]);
  });
});
