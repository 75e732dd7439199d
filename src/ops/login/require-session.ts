import type { RequestHandler } from "express";
import { Refusal } from "../../kernel/refusals.js";
import { redirect } from "../../platform/http/reply.js";
import { sendReply } from "../../platform/http/send-reply.js";
import { sessionIn } from "./cookie.js";
import type { Sessions } from "./sessions.js";

/** Lets operators pass. A person who opens a page is sent to the login, everything else gets `unauthenticated`. */
export function requireSession(sessions: Sessions): RequestHandler {
  return (request, response, next) => {
    if (sessions.holds(sessionIn(request.headers.cookie))) return next();
    const opensPage = request.method === "GET" && request.accepts(["json", "html"]) === "html";
    if (opensPage) {
      const place = encodeURIComponent(request.originalUrl);
      return sendReply(response, redirect(`/ops/login?next=${place}`));
    }
    throw new Refusal("unauthenticated", { detail: "Log in at /ops/login first." });
  };
}
