import type { IncomingMessage, ServerResponse } from "node:http";
import type { Context } from "../platform/context.js";
import type { AuthenticateInFront } from "../platform/http/authenticate-in-front.js";
import { refusalOf } from "../platform/http/error-refusal.js";
import { exchangeOf } from "../platform/http/exchange.js";
import type { Principal } from "../platform/http/principal.js";
import { sendRawJson, sendRawRefusal } from "../platform/http/raw-answer.js";
import { readBody } from "../platform/http/read-body.js";
import { refuseOtherCustomers, takesBearer } from "../platform/http/token-access.js";
import { answerUsage, type UsageCall, type UsageDoor } from "./answer-usage.js";
import { parseUsage } from "./parse-usage.js";
import { usageTokens } from "./usage-tokens.js";
import { usageBodyBytesMax } from "./usage-schema.js";

const path = "/v1/usage";

/** Takes a request that is meant for it and answers true, or leaves it alone. */
type TakeRequest = (
  request: IncomingMessage,
  response: ServerResponse,
  next: () => void,
) => boolean;

/**
 * `POST /v1/usage` in front of Express, which would cost more than all the rest of an event. It is the same route:
 * whoever has no valid key is left to Express, and everybody else gets the same answers. NDJSON is taken only here.
 */
export function takeUsage(
  door: UsageDoor & Pick<Context, "log">,
  authenticate: AuthenticateInFront,
): TakeRequest {
  const serve = async (
    request: IncomingMessage,
    response: ServerResponse,
    next: () => void,
  ): Promise<void> => {
    const startedMs = performance.now();
    const identity = await identityOf(request, authenticate);
    if (identity === undefined) return next();
    const exchange = exchangeOf(request);
    exchange.route = path;
    try {
      if (identity.status === "rejected") throw identity.reason;
      const principal = identity.value;
      exchange.principal = principal;
      const body = await readBody(request, usageBodyBytesMax);
      const { requestId } = exchange;
      const input = parseUsage(request.headers["content-type"], body);
      await refuseOtherCustomers(usageTokens, { body: input }, principal);
      const answer = await answerUsage(door, {
        principal,
        requestId,
        input,
        ...preferencesOf(request),
      });
      const { status, json, headers } = answer;
      sendRawJson(request, response, { status, json, more: headers });
    } catch (error) {
      const refusal = refusalOf(error);
      if (refusal.code === "internal")
        door.log.error(
          { err: error, requestId: exchange.requestId, route: path },
          "unexpected error",
        );
      sendRawRefusal(request, response, refusal);
    }
    const seconds = (performance.now() - startedMs) / 1_000;
    // An answer that nobody was there to take has no status; the log of requests calls it 499, too.
    const status = response.headersSent ? response.statusCode : 499;
    const labels = { method: "POST", route: path, status: String(status) };
    door.metrics.observe("http_request_duration_seconds", labels, seconds);
    door.log.debug({ ...labels, requestId: exchange.requestId }, "request answered");
  };
  return (request, response, next) => {
    if (request.method !== "POST" || request.url !== path) return false;
    void serve(request, response, next);
    return true;
  };
}

/**
 * Who asks, or `undefined` for whoever may not: Express asks again, and says what is wrong. A failure is told here,
 * since asking a database twice that does not answer would take twice as long.
 */
async function identityOf(
  request: IncomingMessage,
  authenticate: AuthenticateInFront,
): Promise<PromiseSettledResult<Principal> | undefined> {
  const [found] = await Promise.allSettled([authenticate(request)]);
  if (found.status === "rejected") return found;
  const { value } = found;
  if (value?.scopes.has("usage:write") !== true || !takesBearer(usageTokens, value))
    return undefined;
  return { ...found, value };
}

/** What the headers say about how usage is taken. */
export function preferencesOf({
  headers: { prefer, "idempotency-key": key },
}: IncomingMessage): Pick<UsageCall, "idempotencyKey" | "wait"> {
  return {
    idempotencyKey: typeof key === "string" ? key : undefined,
    // `Prefer: wait`, or `wait=10` as RFC 7240 has it; how long is ours to decide.
    wait: typeof prefer === "string" && /(?:^|[,;\s])wait(?:$|[=,;\s])/i.test(prefer),
  };
}
