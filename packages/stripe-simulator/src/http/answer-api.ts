import type { IncomingMessage, ServerResponse } from "node:http";
import { ApiError, renderError } from "../api-error.js";
import { apiRoutes } from "../api/routes.js";
import { newId } from "../ids.js";
import { checkParams } from "../params/check-params.js";
import { parseForm } from "../params/form.js";
import { apiVersion, type Simulation } from "../simulation.js";
import { authenticate, type Caller } from "./authenticate.js";
import { expandAnswer } from "./expand.js";
import type { FailRequests, Faults } from "./faults.js";
import type { IdempotencyKeys, KeptAnswer } from "./idempotency.js";
import { readBody } from "./read-body.js";
import type { RequestLog } from "./request-log.js";
import { matchRoute } from "./route.js";

/** What the API needs around it. */
export interface ApiSurroundings {
  readonly simulation: Simulation;
  readonly idempotency: IdempotencyKeys;
  readonly faults: Faults;
  readonly requests: RequestLog;
}

interface Incoming {
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly body: string;
  readonly requestId: string;
  readonly idempotencyKey: string | null;
}

/** Answers one request under `/v1`, or breaks it if a fault is armed. */
export async function answerApi(
  around: ApiSurroundings,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const [path = "", query = ""] = (request.url ?? "").split("?", 2);
  const method = request.method ?? "GET";
  const key = request.headers["idempotency-key"];
  const incoming: Incoming = {
    method,
    path,
    query,
    body: await readBody(request),
    requestId: newId("req", 14),
    idempotencyKey: typeof key === "string" && method === "POST" ? key : null,
  };
  const fault = around.faults.take(method, path);
  const log = (status: number): void =>
    around.requests.add({
      method,
      path,
      status,
      at: Date.now(),
      idempotencyKey: incoming.idempotencyKey,
      account: header(request, "stripe-account"),
    });
  if (fault && fault.afterEffect !== true) {
    log(typeof fault.status === "number" ? fault.status : 0);
    return breakAnswer(response, incoming, fault);
  }
  const answer = await answerOrRefuse(around, request, incoming);
  if (fault) {
    log(typeof fault.status === "number" ? fault.status : 0);
    return breakAnswer(response, incoming, fault);
  }
  log(answer.status);
  if (answer.replayed) response.setHeader("Idempotent-Replayed", "true");
  send(response, incoming, answer);
}

function header(request: IncomingMessage, name: string): string | null {
  const value = request.headers[name];
  return typeof value === "string" ? value : null;
}

function send(response: ServerResponse, incoming: Incoming, answer: KeptAnswer): void {
  response.setHeader("Content-Type", "application/json");
  response.setHeader("Request-Id", incoming.requestId);
  response.setHeader("Stripe-Version", apiVersion);
  if (incoming.idempotencyKey !== null) {
    response.setHeader("Idempotency-Key", incoming.idempotencyKey);
  }
  if (answer.status === 409) response.setHeader("Stripe-Should-Retry", "true");
  response.writeHead(answer.status).end(answer.body);
}

function breakAnswer(response: ServerResponse, incoming: Incoming, fault: FailRequests): void {
  if (fault.status === "timeout") return;
  if (fault.status === "reset") {
    response.socket?.resetAndDestroy();
    return;
  }
  if (fault.retryAfterSec !== undefined) {
    response.setHeader("Retry-After", String(fault.retryAfterSec));
  }
  send(response, incoming, refusal(faultError(fault.status), incoming.requestId));
}

function faultError(status: number): ApiError {
  if (status === 429) {
    return new ApiError(
      429,
      "Request rate limit exceeded. Learn more about rate limits here https://stripe.com/docs/rate-limits.",
      { code: "rate_limit", type: "invalid_request_error" },
    );
  }
  if (status === 402) {
    return new ApiError(402, "Your card was declined.", {
      type: "card_error",
      code: "card_declined",
      extra: { decline_code: "generic_decline" },
    });
  }
  return new ApiError(
    status,
    "Sorry! There was an error while talking to one of our backends. Support has been notified.",
    { type: status >= 500 ? "api_error" : "invalid_request_error" },
  );
}

function refusal(error: ApiError, requestId: string): KeptAnswer {
  return { status: error.status, body: JSON.stringify(renderError(error, requestId), null, 2) };
}

function asApiError(thrown: unknown): ApiError {
  if (thrown instanceof ApiError) return thrown;
  const message = thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown);
  return new ApiError(500, `The simulator failed: ${message}`, { type: "api_error" });
}

async function answerOrRefuse(
  around: ApiSurroundings,
  request: IncomingMessage,
  incoming: Incoming,
): Promise<KeptAnswer & { readonly replayed: boolean }> {
  try {
    const caller = authenticate(around.simulation, request);
    const key = incoming.idempotencyKey;
    if (key !== null) return await once(around, caller, incoming, key);
    await around.faults.delay();
    return { ...perform(around, caller, incoming), replayed: false };
  } catch (thrown) {
    return { ...refusal(asApiError(thrown), incoming.requestId), replayed: false };
  }
}

async function once(
  around: ApiSurroundings,
  caller: Caller,
  incoming: Incoming,
  key: string,
): Promise<KeptAnswer & { readonly replayed: boolean }> {
  if (key.length > 255) throw new ApiError(400, "Idempotency keys have at most 255 characters.");
  const name = `${caller.book.accountId}:${caller.book.livemode}|${key}`;
  const now = around.simulation.now();
  const kept = around.idempotency.begin(name, incoming.path, incoming.body, now);
  if (kept) return { ...kept, replayed: true };
  try {
    await around.faults.delay();
    const answer = perform(around, caller, incoming);
    around.idempotency.finish(name, answer);
    return { ...answer, replayed: false };
  } catch (thrown) {
    const error = asApiError(thrown);
    const answer = refusal(error, incoming.requestId);
    if (error.status === 402) around.idempotency.finish(name, answer);
    else around.idempotency.abandon(name);
    return { ...answer, replayed: false };
  }
}

function perform(around: ApiSurroundings, caller: Caller, incoming: Incoming): KeptAnswer {
  const segments = incoming.path.split("/").filter((part) => part !== "");
  const found = matchRoute(apiRoutes, incoming.method, segments);
  if (!found) {
    throw new ApiError(
      404,
      `Unrecognized request URL (${incoming.method}: ${incoming.path}). Please see https://stripe.com/docs or we can help at https://support.stripe.com/.`,
    );
  }
  const form = parseForm(incoming.method === "POST" ? incoming.body : incoming.query);
  const params = checkParams(found.route.params, form);
  const { requestId, idempotencyKey } = incoming;
  const scene = {
    simulation: around.simulation,
    book: caller.book,
    cause: { requestId, idempotencyKey },
  };
  const answer = found.route.answer({ scene, params, id: found.id, path: incoming.path });
  expandAnswer(scene, answer, params);
  return { status: 200, body: JSON.stringify(answer, null, 2) };
}
