import type { Request, Response } from "express";
import { assert } from "../../kernel/assert.js";
import type { Refusal } from "../../kernel/refusals.js";
import { problemContentType, problemOf } from "./problem.js";
import type { RefusalPage } from "./problem-page.js";
import type { StreamReply, WholeReply } from "./reply.js";

/** Writes a reply. A client that went away gets nothing, quietly. */
export function sendReply(response: Response, reply: WholeReply): void {
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

/**
 * Writes a reply piece by piece, no faster than the client reads, and stops making it when the client is gone. What
 * goes wrong on our side is thrown; whoever catches it cuts the connection, so that nobody takes a part for the whole.
 */
export async function sendStream(response: Response, reply: StreamReply): Promise<void> {
  if (response.headersSent || response.destroyed) return;
  // Nothing has to be made for what is not sent.
  const chunks = response.req.method === "HEAD" ? [] : reply.chunks;
  response.status(reply.status).set(reply.headers).set("Content-Type", reply.contentType);
  for await (const chunk of chunks) {
    if (!response.write(chunk)) await roomOrGone(response);
    if (response.destroyed) return;
  }
  response.end();
}

function roomOrGone(response: Response): Promise<void> {
  return new Promise((done) => {
    if (response.destroyed) return done();
    const settle = (): void => {
      response.off("drain", settle).off("close", settle);
      done();
    };
    response.on("drain", settle).on("close", settle);
  });
}

/** Renders a refusal as problem+json, or as the page of its route where the client would rather have HTML. */
export function sendRefusal(
  response: Response,
  refusal: Refusal,
  requestId: string,
  refusalPage?: RefusalPage,
): void {
  if (response.headersSent || response.destroyed) return;
  const problem = problemOf(refusal, requestId);
  const { retryAfterSeconds } = refusal.details;
  if (retryAfterSeconds !== undefined) {
    response.set("Retry-After", String(Math.max(1, Math.ceil(retryAfterSeconds))));
  }
  if (refusal.code === "unauthenticated") response.vary("Authorization");
  // The rest of a refused body is not read; a new connection is cheaper.
  if (!response.req.complete && hasBody(response.req)) response.set("Connection", "close");
  if (refusalPage !== undefined) {
    response.vary("Accept");
    if (response.req.accepts(["json", "html"]) === "html") {
      const page = refusalPage(refusal, requestId);
      assert(page.status === problem.status, "a refusal has one status, however it is shown");
      sendReply(response, page);
      return;
    }
  }
  response.status(problem.status).type(problemContentType).send(JSON.stringify(problem));
}

function hasBody(request: Request): boolean {
  const { "content-length": length, "transfer-encoding": encoding } = request.headers;
  return encoding !== undefined || Number(length ?? 0) > 0;
}
