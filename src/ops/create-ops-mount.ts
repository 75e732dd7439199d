import express, { type RequestHandler } from "express";
import { Refusal } from "../kernel/refusals.js";
import type { RawMount } from "../platform/http/create-app.js";
import { exchangeOf } from "../platform/http/exchange.js";
import { problemPage } from "../platform/http/problem-page.js";
import { requestLog } from "../platform/http/request-log.js";
import { securityHeaders } from "../platform/http/security-headers.js";
import { sendReply } from "../platform/http/send-reply.js";
import { boardGate } from "./board/board-gate.js";
import { createBoard } from "./board/create-board.js";
import type { OpsContext } from "./context.js";
import { loginRoutes } from "./login/login-routes.js";
import { requireSameOrigin } from "./login/require-same-origin.js";
import { requireSession } from "./login/require-session.js";
import { createSessions } from "./login/sessions.js";
import { closedPage } from "./pages/closed-page.js";
import { overviewPage } from "./pages/overview-page.js";
import { reconciliationRoutes } from "./reconciliation/reconciliation-routes.js";
import { readOverview } from "./read-overview.js";
import type { Monitor } from "./start-monitor.js";

const boardPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  // Bull Board styles its loader and its pop-ups inline.
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "font-src 'self'",
  "connect-src 'self'",
  "form-action 'none'",
  "base-uri 'self'",
  "frame-ancestors 'none'",
].join("; ");

/**
 * Everything below `/ops`, in this order: log and headers, the origin of what may change something, the login, and
 * behind it the overview and Bull Board. Mount it as a raw mount. Without OPERATOR_PASSWORD all of it answers 503.
 */
export function createOpsMount(ctx: OpsContext, monitor: Monitor): RawMount {
  const router = express.Router({ caseSensitive: true });
  router.use(openExchange, requestLog(ctx.log), securityHeaders(), forOperators);
  const { user, password } = ctx.config.operator;
  if (password === undefined) {
    router.use((_request, response) => sendReply(response, closedPage()));
    return { path: "/ops", handler: router };
  }
  const operator = { user, password };
  const sessions = createSessions(ctx.vault, ctx.clock, operator);
  router.use(requireSameOrigin(ctx.publicUrl));
  router.use(loginRoutes(ctx, operator, sessions));
  router.use(requireSession(sessions));
  router.get("/", async (_request, response) => {
    sendReply(response, overviewPage(await readOverview(ctx, monitor)));
  });
  router.use("/reconciliation", reconciliationRoutes(ctx));
  router.use("/queues", boardHeaders, boardGate(ctx.log));
  router.use("/queues", createBoard(ctx.engine, monitor.watched.jobs));
  router.use(() => {
    throw new Refusal("not_found", { detail: "There is no such operator page. Begin at /ops." });
  });
  return { path: "/ops", handler: router };
}

/** What the app does for its routes; raw mounts come before that. */
const openExchange: RequestHandler = (request, response, next) => {
  const exchange = exchangeOf(request);
  exchange.route = `/ops${/^\/(?:queues|reconciliation)(?=\/|$)/.exec(request.path)?.[0] ?? ""}`;
  exchange.quiet = request.method === "GET";
  exchange.refusalPage = problemPage;
  response.set("X-Request-Id", exchange.requestId);
  next();
};

const forOperators: RequestHandler = (_request, response, next) => {
  response.set("Cache-Control", "no-store");
  // With no referrer at all, browsers would send `Origin: null` with our own forms.
  response.set("Referrer-Policy", "same-origin");
  next();
};

const boardHeaders: RequestHandler = (request, response, next) => {
  response.set("Content-Security-Policy", boardPolicy);
  // Named after their content, so they never change.
  if (/^\/static\/(?:js|css)\//.test(request.path))
    response.set("Cache-Control", "private, max-age=86400");
  next();
};
