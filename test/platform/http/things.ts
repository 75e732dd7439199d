import { z } from "zod";
import { Refusal } from "../../../src/kernel/refusals.js";
import { page, redirect, reply, text } from "../../../src/platform/http/reply.js";
import { defineRoute } from "../../../src/platform/http/route.js";

export interface Things {
  /** What handlers saw, so that a test can tell that nothing got through. */
  readonly seen: unknown[];
}

const item = z.strictObject({ name: z.string().max(50), credits: z.number().positive() });

export const makeThing = defineRoute<Things>()({
  method: "post",
  path: "/v1/things/:id",
  operationId: "things.make",
  summary: "Make a thing",
  tags: ["Things"],
  auth: { scopes: ["things:write"] },
  params: z.object({ id: z.string().min(1).max(100) }),
  query: z.object({ dryRun: z.enum(["true", "false"]).optional() }),
  body: z.object({
    items: z.array(item).max(100),
    note: z.string().optional(),
    metadata: z.record(z.string(), z.string()).optional(),
  }),
  response: { 201: z.object({ id: z.string(), count: z.number(), mode: z.string() }) },
  handle: async ({ ctx, params, body, principal }) => {
    ctx.seen.push(body);
    const made = { id: params.id, count: body.items.length, mode: principal.mode };
    return reply.created(made, { Location: `/v1/things/${encodeURIComponent(params.id)}` });
  },
});

export const readThing = defineRoute<Things>()({
  method: "get",
  path: "/v1/things/:id",
  operationId: "things.get",
  summary: "Read a thing",
  tags: ["Things"],
  auth: { scopes: ["things:read"] },
  params: z.object({ id: z.string() }),
  response: { 200: z.object({ id: z.string(), keyId: z.string() }) },
  handle: async ({ params, principal }) => reply.ok({ id: params.id, keyId: principal.keyId }),
});

export const forgetThing = defineRoute<Things>()({
  method: "delete",
  path: "/v1/things/:id",
  operationId: "things.forget",
  summary: "Forget a thing",
  tags: ["Things"],
  auth: { scopes: ["things:write"] },
  params: z.object({ id: z.string() }),
  response: { 204: "empty" },
  handle: async () => reply.empty(),
});

const open = { method: "get", tags: ["Open"], auth: "public" } as const;

export const showPage = defineRoute<Things>()({
  ...open,
  path: "/page",
  operationId: "things.show",
  summary: "A page",
  response: { 200: "page" },
  handle: async () =>
    page("<!doctype html><style>p{color:red}</style><p>hello", { styleSheet: "p{color:red}" }),
});

export const sendOn = defineRoute<Things>()({
  ...open,
  path: "/on",
  operationId: "things.sendOn",
  summary: "Elsewhere",
  response: { 303: "redirect" },
  handle: async () => redirect("/page"),
});

export const sayPlainly = defineRoute<Things>()({
  ...open,
  path: "/plain",
  operationId: "things.say",
  summary: "Text",
  quiet: true,
  response: { 200: "text" },
  handle: async () => text("plain"),
});

/** A public route that does whatever the test says. */
export function routeThat(handle: (signal: AbortSignal) => Promise<ReturnType<typeof reply>>) {
  return defineRoute<Things>()({
    ...open,
    path: "/does",
    operationId: "things.do",
    summary: "Does what the test says",
    response: { 200: z.object({ ok: z.boolean() }) },
    refusals: ["insufficient_credits"],
    handle: ({ signal }) => handle(signal),
  });
}

export const refuseThing = routeThat(async () => {
  throw new Refusal("insufficient_credits", {
    detail: "12 credits are missing. Buy a pack.",
    param: "credits",
    extra: { shortBy: 12, status: 200, code: "nonsense" },
  });
});

export const thingRoutes = [makeThing, readThing, forgetThing, showPage, sendOn, sayPlainly];
