import type { Request, Response } from "express";
import type { Refusal } from "../../kernel/refusals.js";
import { problemContentType, problemOf } from "./problem.js";
import type { Reply } from "./reply.js";

/** Writes a reply. A client that went away gets nothing, quietly. */
export function sendReply(response: Response, reply: Reply): void {
  if (response.headersSent || response.destroyed) return;
  response.status(reply.status).set(reply.headers);
  switch (reply.kind) {
    case "json":
      response.type("application/json").send(JSON.stringify(reply.json));
      return;
    case "text":
      response.set("Content-Type", reply.contentType).send(reply.text);
      return;
    case "page":
      response
        .set("Content-Security-Policy", reply.contentSecurityPolicy)
        .type("text/html; charset=utf-8")
        .send(reply.html);
      return;
    case "redirect":
      response.set("Location", reply.location).end();
      return;
    case "empty":
      response.end();
      return;
  }
}

/** Renders a refusal as problem+json. */
export function sendRefusal(response: Response, refusal: Refusal, requestId: string): void {
  if (response.headersSent || response.destroyed) return;
  const problem = problemOf(refusal, requestId);
  const { retryAfterSeconds } = refusal.details;
  if (retryAfterSeconds !== undefined) {
    response.set("Retry-After", String(Math.max(1, Math.ceil(retryAfterSeconds))));
  }
  if (refusal.code === "unauthenticated") response.vary("Authorization");
  // The rest of a refused body is not read; a new connection is cheaper.
  if (!response.req.complete && hasBody(response.req)) response.set("Connection", "close");
  response.status(problem.status).type(problemContentType).send(JSON.stringify(problem));
}

function hasBody(request: Request): boolean {
  const { "content-length": length, "transfer-encoding": encoding } = request.headers;
  return encoding !== undefined || Number(length ?? 0) > 0;
}
