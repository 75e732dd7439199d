import type { Request, Response } from "express";
import { z } from "zod";
import { assert } from "../../kernel/assert.js";
import { Refusal } from "../../kernel/refusals.js";
import type { AuthFailureLimit } from "./auth-failure-limit.js";
import { principalOf } from "./authenticate.js";
import { exchangeOf } from "./exchange.js";
import { readIdempotency } from "./idempotency/idempotency.js";
import { parseBody, parseInput, parseText } from "./parse-input.js";
import type { Authenticate, Principal } from "./principal.js";
import { refuseInexactNumbers } from "./parse-json.js";
import type { CountRequest } from "./rate-limits.js";
import { readBody } from "./read-body.js";
import type { Reply } from "./reply.js";
import type { Call, Route } from "./route.js";
import { refusalsOf } from "./route-refusals.js";
import { sendReply, sendStream } from "./send-reply.js";
import { refuseOtherCustomers } from "./token-access.js";

/** What every route of an app shares. */
export interface RouteSetting<Ctx> {
  readonly ctx: Ctx;
  readonly authenticate: Authenticate;
  readonly authFailures: AuthFailureLimit;
  readonly countRequest: CountRequest;
  readonly bodyLimitBytes: number;
  readonly timeoutMs: number;
  /** Check every answer against its schema; for development and tests, where a wrong answer should be loud. */
  readonly checkResponses: boolean;
}

/** One request through one route: who asks, how often, what for; then the handler, within its time. */
export async function runRoute<Ctx>(
  route: Route<Ctx>,
  setting: RouteSetting<Ctx>,
  request: Request,
  response: Response,
): Promise<void> {
  try {
    await answer(route, setting, request, response);
  } catch (error) {
    if (setting.checkResponses && error instanceof Refusal) assertNamed(route, error);
    throw error;
  }
}

async function answer<Ctx>(
  route: Route<Ctx>,
  setting: RouteSetting<Ctx>,
  request: Request,
  response: Response,
): Promise<void> {
  const exchange = exchangeOf(request);
  const principal = await identify(route, setting, request, response);
  if (principal !== undefined) exchange.principal = principal;
  await setting.countRequest(request, response, principal);
  const parsed = await parseRequest(route, setting, request, principal);
  if (principal !== undefined)
    await refuseOtherCustomers(route.tokens, { ctx: setting.ctx, ...parsed }, principal);
  const ended = new AbortController();
  response.once("close", () => {
    if (!response.writableFinished) ended.abort();
  });
  const call: Call<Ctx> = {
    ctx: setting.ctx,
    ...parsed,
    principal,
    requestId: exchange.requestId,
    signal: ended.signal,
    request,
    log: request.log,
  };
  const reply = await withinTime(route, call, ended, route.timeoutMs ?? setting.timeoutMs);
  if (setting.checkResponses) assertDeclared(route, reply);
  if (reply.kind === "stream") await sendStream(response, reply);
  else sendReply(response, reply);
}

async function identify<Ctx>(
  route: Route<Ctx>,
  { authenticate, authFailures }: RouteSetting<Ctx>,
  request: Request,
  response: Response,
): Promise<Principal | undefined> {
  if (route.auth === "public") return undefined;
  const needed = { scopes: route.auth.scopes, tokens: route.tokens };
  return principalOf(request, response, needed, authenticate, authFailures);
}

async function parseRequest<Ctx>(
  route: Route<Ctx>,
  setting: RouteSetting<Ctx>,
  request: Request,
  principal: Principal | undefined,
) {
  const params = parseText(route.params, request.params);
  const query = parseText(route.query, request.query);
  if (route.body === undefined) return { params, query, body: undefined, idempotency: undefined };
  const bytes = await readBody(request, route.bodyLimitBytes ?? setting.bodyLimitBytes);
  const json = parseBody(request, bytes);
  if (route.exactNumbers === true) refuseInexactNumbers(bytes);
  const body = parseInput(route.body, json);
  const idempotency =
    route.idempotent === true && principal !== undefined
      ? readIdempotency(request, principal, json)
      : undefined;
  return { params, query, body, idempotency };
}

/** Late answers are dropped: the caller was told to ask again, and idempotency makes that safe. */
async function withinTime<Ctx>(
  route: Route<Ctx>,
  call: Call<Ctx>,
  ended: AbortController,
  timeoutMs: number,
): Promise<Reply> {
  const handled = route.handle(call);
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      // Nobody waits for the handler any more; a failure is then worth a line, not a crash.
      handled.catch((err: unknown) => call.log.warn({ err }, "failed after its time was over"));
      reject(
        new Refusal("unavailable", { detail: "This took too long. Retry.", retryAfterSeconds: 2 }),
      );
      ended.abort();
    }, timeoutMs);
  });
  try {
    return await Promise.race([handled, late]);
  } finally {
    clearTimeout(timer);
  }
}

function assertNamed<Ctx>(route: Route<Ctx>, { code }: Refusal): void {
  assert(
    refusalsOf(route).includes(code),
    `${route.operationId} names ${code} in its refusals, as it answers it`,
  );
}

function assertDeclared<Ctx>(route: Route<Ctx>, reply: Reply): void {
  const shape = route.response[reply.status];
  assert(shape !== undefined, `${route.operationId} declares status ${reply.status}`);
  if (reply.kind === "stream") {
    assert(route.downloads === true, `${route.operationId} declares that it downloads`);
    return;
  }
  if (!(shape instanceof z.ZodType)) {
    assert(reply.kind === shape, `${route.operationId} answers ${shape} with ${reply.status}`);
    return;
  }
  assert(reply.kind === "json", `${route.operationId} answers JSON with ${reply.status}`);
  const json: unknown = JSON.parse(JSON.stringify(reply.json));
  const result = shape.safeParse(json);
  assert(
    result.success,
    `${route.operationId} answers what it declares: ${result.success ? "" : z.prettifyError(result.error)}`,
  );
}
