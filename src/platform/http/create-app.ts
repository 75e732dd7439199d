import express, {
  type ErrorRequestHandler,
  type Express,
  type NextFunction,
  type Request,
  type RequestHandler,
  type Response,
} from "express";
import type { Logger } from "pino";
import { assert } from "../../kernel/assert.js";
import { Refusal } from "../../kernel/refusals.js";
import { AuthFailureLimit } from "./auth-failure-limit.js";
import { refusalOf } from "./error-refusal.js";
import { exchangeOf } from "./exchange.js";
import { type HttpMetrics, measureRequests } from "./measure-requests.js";
import type { Authenticate } from "./principal.js";
import type { RefusalPage } from "./problem-page.js";
import { type CountRequest, rateLimit } from "./rate-limits.js";
import { requestLog } from "./request-log.js";
import type { Route } from "./route.js";
import { type RouteSetting, runRoute } from "./run-route.js";
import { securityHeaders } from "./security-headers.js";
import { sendRefusal } from "./send-reply.js";

export interface HttpLimits {
  /** Largest JSON body, in bytes. */
  readonly bodyLimitBytes: number;
  /** Requests a second for one key, or one address on public routes. */
  readonly perSecond: number;
  /** Requests with unknown keys that one address may send in a minute. */
  readonly authFailuresPerMinute: number;
  /** Time for one handler; above the 20 s of a long poll, below the server's 30 s for a request. */
  readonly timeoutMs: number;
}

export const defaultHttpLimits: HttpLimits = {
  bodyLimitBytes: 256 * 1024,
  perSecond: 100,
  authFailuresPerMinute: 30,
  timeoutMs: 25_000,
};

/** A handler in front of everything: no logging, no headers, no parsing. It must answer or call `next`. */
export interface RawMount {
  /** Taken by this path and all below it. */
  readonly path: string;
  readonly handler: RequestHandler;
}

export interface HttpAppOptions<Ctx> {
  readonly routes: readonly Route<Ctx>[];
  readonly ctx: Ctx;
  readonly authenticate: Authenticate;
  readonly log: Logger;
  readonly metrics?: HttpMetrics;
  readonly limits?: Partial<HttpLimits>;
  /** Shared with what is answered in front of this app; its own otherwise. */
  readonly authFailures?: AuthFailureLimit;
  readonly rawMounts?: readonly RawMount[];
  /** How many proxies stand in front, or which addresses they have (Express's `trust proxy`). None by default. */
  readonly trustProxy?: boolean | number | string;
  /** Check answers against their schemas. On by default, off in production. */
  readonly checkResponses?: boolean;
}

/** The Express app that answers the declared routes, and refuses everything else as problem+json. */
export function createHttpApp<Ctx>(options: HttpAppOptions<Ctx>): Express {
  const app = express();
  app.disable("x-powered-by").disable("etag").enable("case sensitive routing");
  app.set("query parser", "simple").set("trust proxy", options.trustProxy ?? false);
  for (const { path, handler } of options.rawMounts ?? []) app.use(path, handler);
  app.use(nameRequest, requestLog(options.log), securityHeaders());
  if (options.metrics !== undefined) app.use(measureRequests(options.metrics));
  mountRoutes(app, options);
  app.use(() => {
    throw new Refusal("not_found", {
      detail: "There is nothing at this path. See /docs for what is.",
    });
  });
  app.use(renderError(options.log));
  return app;
}

function mountRoutes<Ctx>(app: Express, options: HttpAppOptions<Ctx>): void {
  const limits = { ...defaultHttpLimits, ...options.limits };
  const shared = {
    ctx: options.ctx,
    authenticate: options.authenticate,
    authFailures: options.authFailures ?? new AuthFailureLimit(limits.authFailuresPerMinute),
    bodyLimitBytes: limits.bodyLimitBytes,
    timeoutMs: limits.timeoutMs,
    checkResponses: options.checkResponses ?? process.env["NODE_ENV"] !== "production",
  };
  const usual = rateLimit({ perSecond: limits.perSecond }, "default");
  const methodsByPath = new Map<string, string[]>();
  const pagesByPath = new Map<string, RefusalPage>();
  const operationIds = new Set<string>();
  for (const route of options.routes) {
    assert(!operationIds.has(route.operationId), `${route.operationId} is declared once`);
    operationIds.add(route.operationId);
    methodsByPath.set(route.path, [...(methodsByPath.get(route.path) ?? []), route.method]);
    if (route.refusalPage !== undefined) pagesByPath.set(route.path, route.refusalPage);
    mountRoute(app, route, { ...shared, countRequest: limitOf(route, usual) });
  }
  for (const [path, methods] of methodsByPath)
    app.all(path, otherMethods(path, methods, pagesByPath.get(path)));
}

function limitOf<Ctx>({ rateLimit: own, operationId }: Route<Ctx>, usual: CountRequest) {
  if (own === undefined) return usual;
  return own === "none" ? async () => undefined : rateLimit(own, operationId);
}

function mountRoute<Ctx>(app: Express, route: Route<Ctx>, setting: RouteSetting<Ctx>): void {
  app[route.method](route.path, async (request, response) => {
    const exchange = exchangeOf(request);
    exchange.route = route.path;
    exchange.quiet = route.quiet === true;
    if (route.refusalPage !== undefined) exchange.refusalPage = route.refusalPage;
    await runRoute(route, setting, request, response);
  });
}

/** Reached when the path exists and the method does not. */
function otherMethods(
  path: string,
  methods: readonly string[],
  refusalPage: RefusalPage | undefined,
): RequestHandler {
  const names = methods.map((method) => method.toUpperCase());
  const allow = [...names, ...(names.includes("GET") ? ["HEAD"] : []), "OPTIONS"].join(", ");
  return (request, response) => {
    const exchange = exchangeOf(request);
    exchange.route = path;
    if (refusalPage !== undefined) exchange.refusalPage = refusalPage;
    response.set("Allow", allow);
    if (request.method === "OPTIONS") {
      response.status(204).end();
      return;
    }
    throw new Refusal("method_not_allowed", { detail: `This path takes ${allow}.` });
  };
}

function nameRequest(request: Request, response: Response, next: NextFunction): void {
  response.set("X-Request-Id", exchangeOf(request).requestId);
  response.set("Cache-Control", "no-store");
  next();
}

function renderError(log: Logger): ErrorRequestHandler {
  return (error: unknown, request, response, _next) => {
    const { requestId, route, refusalPage } = exchangeOf(request);
    const refusal = refusalOf(error);
    const clientLeft = request.destroyed && !request.complete;
    if (refusal.code === "internal" && !clientLeft) {
      log.error({ err: error, requestId, route }, "unexpected error");
    } else if (!(error instanceof Refusal) && !clientLeft) {
      log.warn({ err: error, requestId, route }, "refused after an error");
    }
    if (response.headersSent) response.destroy();
    else sendRefusal(response, refusal, requestId, refusalPage);
  };
}
