import type { RequestListener } from "node:http";
import { contractRoutes } from "../contract/routes.js";
import { takeUsage } from "../metering/take-usage.js";
import { createOpsMount } from "../ops/create-ops-mount.js";
import { opsRoutes } from "../ops/routes.js";
import { startHealthServer } from "../ops/start-health-server.js";
import type { Monitor } from "../ops/start-monitor.js";
import { AuthFailureLimit } from "../platform/http/auth-failure-limit.js";
import { authenticateInFront } from "../platform/http/authenticate-in-front.js";
import { createHttpApp, defaultHttpLimits } from "../platform/http/create-app.js";
import { listen } from "../platform/http/listen.js";
import type { Route } from "../platform/http/route.js";
import { storefrontRoutes } from "../storefront/routes.js";
import { createReceiver } from "../stripe-events/receive-event.js";
import { takeStripeWebhooks } from "../stripe-events/routes.js";
import { createAuthenticator } from "../tenancy/authenticate-key.js";
import { apiRoutes } from "./api-routes.js";
import type { AppContext } from "./context.js";
import { describeContract } from "./contract.js";
import { frontPageRoute } from "./front-page.js";
import { createMcpMount } from "./mcp/create-mcp-mount.js";

/** The API and the pages: every declared route but those for operators. */
export const publicRoutes: readonly Route<AppContext>[] = [
  ...apiRoutes,
  ...storefrontRoutes,
  ...contractRoutes(describeContract),
  frontPageRoute,
];

export interface RunningWeb {
  readonly url: string;
  /** Takes nothing new and finishes what was accepted. */
  readonly stop: (options: { readonly timeoutMs: number }) => Promise<void>;
}

/** Serves the API, the Stripe receiver, the customers' pages and the operators' pages. */
export async function startWeb(ctx: AppContext, monitor: Monitor): Promise<RunningWeb> {
  const receiver = createReceiver(ctx);
  const authenticate = createAuthenticator(ctx);
  const authFailures = new AuthFailureLimit(defaultHttpLimits.authFailuresPerMinute);
  const listener: RequestListener = (request, response) => {
    const next = (): void => {
      app(request, response);
    };
    if (!takeWebhook(request, response) && !takeEvents(request, response, next)) next();
  };
  const mcp = createMcpMount(ctx, { authenticate, authFailures, listener });
  const app = createHttpApp({
    routes: [...publicRoutes, ...opsRoutes(ctx, monitor)],
    ctx,
    authenticate,
    log: ctx.log,
    metrics: ctx.metrics,
    limits: { perSecond: ctx.config.rateLimitPerSecond },
    authFailures,
    rawMounts: [createOpsMount(ctx, monitor), mcp],
    trustProxy: ctx.config.trustProxy,
  });
  const takeWebhook = takeStripeWebhooks(ctx, receiver);
  const takeEvents = takeUsage(
    ctx,
    authenticateInFront(app, { authenticate, failures: authFailures }),
  );
  const server = await listen(listener, ctx.config);
  return {
    url: server.url,
    stop: async (options) => {
      await server.close(options);
      await mcp.close();
      await Promise.all([receiver.drained(), ctx.usageDesk.drained()]);
    },
  };
}

/** A worker or scheduler answers health checks and metrics when it is given a port for that. */
export async function startHealth(
  ctx: AppContext,
  monitor: Monitor,
): Promise<RunningWeb | undefined> {
  const { host, healthPort } = ctx.config;
  if (healthPort === undefined) return undefined;
  const server = await startHealthServer(ctx, monitor, { host, port: healthPort });
  return { url: server.url, stop: server.close };
}
