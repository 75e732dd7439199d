import { catalogueRoutes } from "../catalogue/routes.js";
import { checkoutRoutes } from "../checkout/routes.js";
import type { Monitor } from "../ops/start-monitor.js";
import { createHttpApp } from "../platform/http/create-app.js";
import { listen } from "../platform/http/listen.js";
import type { Route } from "../platform/http/route.js";
import { createReceiver } from "../stripe-events/receive-event.js";
import { stripeWebhookMount } from "../stripe-events/routes.js";
import { createAuthenticator } from "../tenancy/authenticate-key.js";
import { walletRoutes } from "../wallets/routes.js";
import type { AppContext } from "./context.js";
import { errorDocsRoute } from "./error-docs.js";

/** The JSON API and the pages: every declared route but those for operators. */
export const publicRoutes: readonly Route<AppContext>[] = [
  ...catalogueRoutes,
  ...walletRoutes,
  ...checkoutRoutes,
  errorDocsRoute,
];

export interface RunningWeb {
  readonly url: string;
  /** Takes nothing new and finishes what was accepted. */
  readonly stop: (options: { readonly timeoutMs: number }) => Promise<void>;
}

/** Serves the API, the Stripe receiver, the customers' pages and the operators' pages. */
export async function startWeb(ctx: AppContext, _monitor: Monitor): Promise<RunningWeb> {
  const receiver = createReceiver(ctx);
  const app = createHttpApp({
    routes: publicRoutes,
    ctx,
    authenticate: createAuthenticator(ctx),
    log: ctx.log,
    metrics: ctx.metrics,
    limits: { perSecond: ctx.config.rateLimitPerSecond },
    rawMounts: [stripeWebhookMount(ctx, receiver)],
    trustProxy: ctx.config.trustProxy,
  });
  const server = await listen(app, ctx.config);
  return {
    url: server.url,
    stop: async (options) => {
      await server.close(options);
      await receiver.drained();
    },
  };
}

/** A worker or scheduler answers health checks when it is given a port for that. */
export async function startHealth(
  _ctx: AppContext,
  _monitor: Monitor,
): Promise<RunningWeb | undefined> {
  return undefined;
}
