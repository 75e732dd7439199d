import type { IncomingMessage, ServerResponse } from "node:http";
import type { LevelWithSilent, Logger } from "pino";
import { pinoHttp } from "pino-http";
import { publicId } from "../../kernel/ids.js";
import { exchangeOf } from "./exchange.js";

/** Nginx's word for an answer that nobody took. */
const clientClosedRequest = 499;

/**
 * One line for each request, with the pattern of the route and never its URL, headers or body: those hold customer
 * ids and secrets.
 */
export function requestLog(log: Logger) {
  return pinoHttp({
    logger: log,
    quietReqLogger: true,
    quietResLogger: true,
    customAttributeKeys: { reqId: "requestId", responseTime: "durationMs" },
    genReqId: (request) => exchangeOf(request).requestId,
    customLogLevel: levelOf,
    customSuccessObject: factsOf,
    customErrorObject: (request, response, _error, timed: unknown) =>
      factsOf(request, response, timed),
    customSuccessMessage: (_request, response) =>
      response.writableFinished ? "request answered" : "request aborted by the client",
    customErrorMessage: () => "request failed",
  });
}

function levelOf(request: IncomingMessage, response: ServerResponse): LevelWithSilent {
  if (response.statusCode >= 500) return "error";
  return exchangeOf(request).quiet === true ? "debug" : "info";
}

function factsOf(request: IncomingMessage, response: ServerResponse, timed: unknown) {
  const { route, principal } = exchangeOf(request);
  const durationMs =
    typeof timed === "object" && timed !== null && "durationMs" in timed ? timed.durationMs : 0;
  return {
    method: request.method,
    route: route ?? "unknown",
    status: response.writableFinished ? response.statusCode : clientClosedRequest,
    durationMs,
    ...(principal === undefined
      ? {}
      : {
          projectId: publicId("project", principal.projectId),
          keyId: publicId("apiKey", principal.keyId),
        }),
  };
}
