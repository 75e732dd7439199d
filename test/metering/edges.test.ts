import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { problemContentType } from "../../src/platform/http/problem.js";
import { createApiKey } from "../../src/tenancy/create-api-key.js";
import type { Scope } from "../../src/tenancy/rules.js";
import { dumpTables } from "../api/dump.js";
import { hostileBodies, wrongTexts } from "../api/hostile.js";
import { type Raw, send as sendRaw } from "../api/send.js";
import { gzipSync } from "node:zlib";
import { times, usageApi } from "./usage-api.js";

const { customer, stack, db } = usageApi({ roles: ["web"] });
let before: string;
let customerId: string;
beforeAll(async () => {
  customerId = await customer(1_000);
  before = await dumpTables(stack().database);
});

const path = "/v1/usage";
const lines = { "content-type": "application/x-ndjson" };
const valid = () => ({ id: "e-1", customerId, event: "image.generate", quantity: 1 });

const post = (body: unknown, headers: Record<string, string> = {}, at = path): Promise<Raw> =>
  sendRaw(
    stack().url,
    { method: "POST", path: at, body },
    { authorization: `Bearer ${stack().apiKey}`, ...headers },
  );
const keyWith = async (...scopes: Scope[]) => {
  const project = { id: stack().projectId, mode: "test" as const };
  const { secret } = await createApiKey(stack().ctx, project, { name: "limited", scopes }, "test");
  return { authorization: `Bearer ${secret}` };
};

/** Headers by which a client could tell the front door from Express; none may differ. */
function shape({ headers }: Raw) {
  const {
    date: _date,
    "content-length": _length,
    "x-request-id": _request,
    connection: _connection,
    "retry-after": _retry,
    ratelimit: _limit,
    "ratelimit-policy": _policy,
    "keep-alive": _alive,
    ...rest
  } = headers;
  return rest;
}

/** The problem that was promised, as Express would tell it, and nothing written. */
async function expectProblem(answer: Raw, status: number, code: string): Promise<void> {
  expect([answer.status, answer.json["code"]], answer.text).toEqual([status, code]);
  expect(answer.headers["content-type"]).toContain(problemContentType);
  expect(answer.json["requestId"]).toBe(answer.headers["x-request-id"]);
  expect(answer.json["type"]).toBe(`/docs#${code}`);
  expect(String(answer.json["detail"])).not.toBe("");
}
async function expectNothingWritten(): Promise<void> {
  expect(await dumpTables(stack().database)).toBe(before);
}

describe("the front door of POST /v1/usage", () => {
  it("answers with the headers that Express sends, well or not", async () => {
    const elsewhere = await post({}, {}, "/v1/holds");
    const here = await post({});
    await expectProblem(elsewhere, 400, "invalid_request");
    await expectProblem(here, 400, "invalid_request");
    expect(shape(here)).toEqual(shape(elsewhere));
    const read = await sendRaw(
      stack().url,
      { method: "GET", path: "/v1/usage" },
      { authorization: `Bearer ${stack().apiKey}` },
    );
    const waited = await post({ ...valid(), event: "no.such" }, { prefer: "wait" });
    await expectProblem(waited, 422, "unknown_event");
    expect(Object.keys(shape(read)).toSorted()).toEqual(Object.keys(shape(here)).toSorted());
    await expectNothingWritten();
  });

  it("refuses hostile bodies as every route does", async () => {
    for (const { what, status, code, body, headers } of hostileBodies(valid())) {
      // A list is taken here.
      if (what === "a list") continue;
      const answer = await post(body, headers);
      expect([what, answer.status, answer.json["code"]]).toEqual([what, status, code]);
      await expectProblem(answer, status, code);
    }
    await expectNothingWritten();
  });

  it("refuses hostile lines, and nothing of the good lines beside them is taken", async () => {
    const good = JSON.stringify(valid());
    for (const { what, status, code, body } of hostileBodies(valid())) {
      if (["a list", "10 MB", "two documents"].includes(what) || Buffer.isBuffer(body)) continue;
      if (what.startsWith("the content type") || what === "gzip") continue;
      const answer = await post(`${good}\n${body}\n`, lines);
      expect([what, answer.status, answer.json["code"]]).toEqual([what, status, code]);
      await expectProblem(answer, status, code);
    }
    await expectProblem(await post("", lines), 400, "invalid_request");
    await expectProblem(await post("\n \r\n", lines), 400, "invalid_request");
    await expectProblem(await post(`[${good}]\n`, lines), 400, "invalid_request");
    await expectProblem(await post(`${good}${good}\n`, lines), 400, "malformed_json");
    await expectNothingWritten();
  });

  it("refuses more than 1,000 events and more than 2 MB, in every form", async () => {
    const events = times(1_001, (n) => ({ ...valid(), id: `m-${n}` }));
    await expectProblem(await post(events), 400, "invalid_request");
    const asLines = events.map((event) => JSON.stringify(event)).join("\n");
    await expectProblem(await post(asLines, lines), 400, "invalid_request");
    const heavy = events.slice(0, 999).map((event) => ({
      ...event,
      metadata: { a: "x".repeat(1_000), b: "x".repeat(1_000), c: "x".repeat(200) },
    }));
    await expectProblem(await post(heavy), 413, "body_too_large");
    await expectProblem(await post([]), 400, "invalid_request");
    await expectProblem(
      await post(gzipSync(JSON.stringify(valid())), { "content-encoding": "gzip" }),
      415,
      "unsupported_media_type",
    );
    await expectProblem(
      await post(events.slice(0, 101), { prefer: "wait" }),
      400,
      "invalid_request",
    );
    await expectNothingWritten();
  });

  it("refuses whoever may not, exactly as other routes do", async () => {
    const nobody = await post(valid(), { authorization: "" });
    await expectProblem(nobody, 401, "unauthenticated");
    expect(shape(nobody)).toEqual(shape(await post({}, { authorization: "" }, "/v1/holds")));
    await expectProblem(
      await post(valid(), { authorization: "Bearer chg_test_x" }),
      401,
      "unauthenticated",
    );
    const reader = await keyWith("usage:read");
    await expectProblem(await post(valid(), reader), 403, "forbidden");
    const unpriced = await keyWith("usage:write");
    const own = await post({ ...valid(), credits: 1 }, unpriced);
    await expectProblem(own, 403, "forbidden");
    expect(own.json).toMatchObject({ param: "credits", requiredScopes: ["usage:price"] });
    const inList = await post([valid(), { ...valid(), id: "e-2", credits: 0 }], unpriced);
    await expectProblem(inList, 403, "forbidden");
    expect(inList.json["param"]).toBe("[1].credits");
    expect(await db()("usage_events")).toEqual([]);
  });
});

const notQuantities: readonly unknown[] = [
  -1,
  "-1",
  "1e3",
  "٥",
  "NaN",
  "Infinity",
  "",
  " 1",
  "1 ",
  "+1",
  "0x10",
  "1_000",
  "1,5",
  ".5",
  "1.",
  "1000000000001",
  "9999999999999",
  1e13,
  0.0000001,
  "0.0000001",
  null,
  true,
  [],
  {},
  "1.2.3",
];
const notTimes: readonly unknown[] = [
  "tomorrow",
  "2026-01-01",
  "2026-01-01T00:00:00",
  "2999-01-01T00:00:00Z",
  1_700_000_000,
  null,
  "2026-02-30T00:00:00Z",
  "2026-01-01T25:00:00Z",
  "+020260-01-01T00:00:00Z",
  "0000-01-01T00:00:00Z",
  "0001-01-01T00:00:00+14:00",
  "1969-12-31T23:59:59.999Z",
  new Date(Date.now() + 25 * 3_600_000).toISOString(),
];
const wrongFields: readonly (readonly [string, readonly unknown[]])[] = [
  ["quantity", notQuantities],
  ["at", notTimes],
  ["credits", [-1, "-1", "1e3", 1_000_000_000, "0.0000001", null, {}, "NaN"]],
  ["customerId", wrongTexts],
  ["event", [...wrongTexts, "Chat.Reply", "x".repeat(65), ".a", "ä"]],
  ["id", ["", " ", "a b", "é", "x".repeat(129), 5, null, {}, "a\u0000"]],
  ["holdId", ["", "hold_x", "use_01k2x3v9g7f6q8r5s4t3w2y1z0", 5, null]],
  ["quoteId", ["", "quo_x", 5, null]],
  [
    "properties",
    [
      null,
      [],
      "x",
      5,
      { "a b": 1 },
      { a: {} },
      { a: null },
      { a: "x".repeat(256) },
      Object.fromEntries(times(51, (n) => [`p${n}`, 1])),
    ],
  ],
  [
    "metadata",
    [
      null,
      [],
      "x",
      { a: {} },
      { a: [] },
      { ["k".repeat(65)]: 1 },
      { a: "x".repeat(1_001) },
      Object.fromEntries(times(10, (n) => [`k${n}`, "x".repeat(500)])),
    ],
  ],
];

describe.each(wrongFields)("a wrong %s", (field, values) => {
  it("is refused and named, alone, in a list and in a line, and nothing is written", async () => {
    for (const value of values) {
      const { quantity: _quantity, ...rest } = valid();
      const event = { ...rest, [field]: value };
      const alone = await post(event);
      expect([value, alone.status]).toEqual([value, 400]);
      // Numbers that JSON cannot hold exactly are refused before anybody knows whose they are.
      const isNamed = (answer: Raw) =>
        answer.json["code"] === "invalid_request" && !/plain digits/.test(answer.text);
      if (isNamed(alone))
        expect([value, alone.json["param"], alone.text]).toEqual([
          value,
          expect.stringMatching(new RegExp(`^${field}`)),
          alone.text,
        ]);
      const inList = await post([valid(), event]);
      expect([value, inList.status]).toEqual([value, 400]);
      if (isNamed(inList))
        expect([value, inList.json["param"]]).toEqual([
          value,
          expect.stringMatching(new RegExp(`^\\[1\\]\\.${field}`)),
        ]);
      const inLine = await post(`${JSON.stringify(valid())}\n${JSON.stringify(event)}`, lines);
      expect([value, inLine.status, inLine.json["param"]]).toEqual([
        value,
        400,
        inList.json["param"],
      ]);
    }
    expect(await db()("usage_events")).toEqual([]);
  });
});

afterAll(async () => {
  expect(await db()("usage_batches")).toEqual([]);
});
