import { describe, expect, it } from "vitest";
import { z } from "zod";
import { createHttpApp } from "../../../src/platform/http/create-app.js";
import { reply } from "../../../src/platform/http/reply.js";
import { defineRoute } from "../../../src/platform/http/route.js";
import { looseObjectIn } from "../../../src/platform/http/strict-schema.js";
import { createLog } from "../../../src/platform/log/create-log.js";

const plain = {
  method: "post",
  path: "/v1/things/:id",
  operationId: "things.make",
  summary: "Make a thing",
  tags: ["Things"],
  auth: { scopes: ["things:write"] },
  params: z.object({ id: z.string() }),
  response: { 200: z.object({}) },
  handle: async () => reply.ok({}),
} as const;
const define = defineRoute<undefined>();

describe("a declaration that cannot be right fails where it stands", () => {
  const loose = z.object({ a: z.string() });

  it.each<[string, () => unknown]>([
    ["params that the path has not", () => define({ ...plain, path: "/v1/things" })],
    ["a path whose params are missing", () => define({ ...plain, path: "/v1/things/:id/:part" })],
    ["a relative path", () => define({ ...plain, path: "v1/things/:id" })],
    ["an operation id with spaces", () => define({ ...plain, operationId: "things.make one" })],
    ["no response", () => define({ ...plain, response: {} })],
    ["a nested loose object", () => define({ ...plain, body: z.object({ a: loose }) })],
    ["a loose object in a list", () => define({ ...plain, body: z.array(loose) })],
    ["a loose object in a union", () => define({ ...plain, body: z.union([loose, z.null()]) })],
  ])("%s", (_what, declare) => {
    expect(declare).toThrow("Must hold");
    expect(() => define(plain)).not.toThrow();
  });

  it("a body where the method takes none, and idempotency without a key to hang it on", () => {
    const read = { ...plain, method: "get" } as const;
    expect(() => define({ ...read, body: z.object({}) })).toThrow("takes no body");
    expect(() => define({ ...read, idempotent: true })).toThrow("takes a body and a key");
    expect(() => define({ ...plain, auth: "public", idempotent: true })).toThrow("a key");
  });

  it("an operation id that two routes have", () => {
    const routes = [define(plain), define({ ...plain, method: "put" })];
    const log = createLog({ level: "silent", name: "web" });
    const authenticate = async () => undefined;
    expect(() => createHttpApp({ routes, ctx: undefined, authenticate, log })).toThrow("once");
  });
});

it("keeps the schemas in reach, strict at the top, refinements and descriptions included", () => {
  const body = z
    .object({ a: z.string().describe("The a.") })
    .refine(({ a }) => a !== "bad", "a is bad");
  const route = define({ ...plain, body });
  expect(route.params.safeParse({ id: "1", more: 1 }).success).toBe(false);
  expect(route.body?.safeParse({ a: "ok", more: 1 }).success).toBe(false);
  expect(route.body?.safeParse({ a: "bad" }).success).toBe(false);
  expect(route.body?.safeParse({ a: "ok" }).success).toBe(true);
  expect(JSON.stringify(z.toJSONSchema(route.body ?? z.never()))).toContain("The a.");
});

it("finds a loose object wherever a schema may hide it", () => {
  const loose = z.object({ a: z.string() });
  const strict = z.strictObject({ a: z.string() });
  const hides: readonly [z.ZodType, string][] = [
    [z.strictObject({ x: loose.optional() }), "body.x"],
    [z.array(loose.nullable()), "body[]"],
    [z.record(z.string(), loose), "body.*"],
    [loose.default({ a: "" }), "body"],
    [loose.transform(String), "body"],
    [z.intersection(strict, loose), "body"],
    [z.strictObject({ x: z.strictObject({ y: z.array(loose) }) }), "body.x.y[]"],
  ];
  for (const [schema, path] of hides) expect(looseObjectIn(schema)).toBe(path);
  expect(
    looseObjectIn(z.strictObject({ x: z.array(strict), y: z.looseObject({}) })),
  ).toBeUndefined();
});
