import type { IncomingMessage, ServerResponse } from "node:http";
import type { Refusal } from "../../kernel/refusals.js";
import { exchangeOf } from "./exchange.js";
import { problemContentType, problemOf } from "./problem.js";
import { securityHeaderList } from "./security-headers.js";

/** What Express sets for every answer of the API. */
const headers = { "Cache-Control": "no-store", ...securityHeaderList() };

/** Answers JSON without Express. */
export function sendRawJson(
  request: IncomingMessage,
  response: ServerResponse,
  {
    status,
    json,
    more,
  }: { status: number; json: unknown; more?: Readonly<Record<string, string>> },
): void {
  if (response.headersSent || response.destroyed) return;
  const body = JSON.stringify(json);
  response.writeHead(status, {
    ...headers,
    ...more,
    "X-Request-Id": exchangeOf(request).requestId,
    "Content-Type": "application/json; charset=utf-8",
    "Content-Length": Buffer.byteLength(body),
  });
  response.end(body);
}

/** Answers problem+json without Express. */
export function sendRawRefusal(
  request: IncomingMessage,
  response: ServerResponse,
  refusal: Refusal,
): void {
  if (response.headersSent || response.destroyed) return;
  const { requestId } = exchangeOf(request);
  const problem = problemOf(refusal, requestId);
  const body = JSON.stringify(problem);
  const { retryAfterSeconds } = refusal.details;
  response.writeHead(problem.status, {
    ...headers,
    "X-Request-Id": requestId,
    "Content-Type": `${problemContentType}; charset=utf-8`,
    "Content-Length": Buffer.byteLength(body),
    ...(retryAfterSeconds === undefined
      ? {}
      : { "Retry-After": String(Math.max(1, Math.ceil(retryAfterSeconds))) }),
    // The rest of a refused body is not read; a new connection is cheaper.
    ...(request.complete ? {} : { Connection: "close" }),
  });
  response.end(body);
}
