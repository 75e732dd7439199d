import { createHttpApp } from "../platform/http/create-app.js";
import { listen, type Listening, type ListenOptions } from "../platform/http/listen.js";
import type { OpsContext } from "./context.js";
import { opsRoutes } from "./routes.js";
import type { Monitor } from "./start-monitor.js";

const connectionsMax = 100;

/** For worker and scheduler, which serve nothing else: `/healthz`, `/readyz` and `/metrics` on HEALTH_PORT. */
export async function startHealthServer(
  ctx: OpsContext,
  monitor: Monitor,
  address: Pick<ListenOptions, "host" | "port">,
): Promise<Listening> {
  const app = createHttpApp<OpsContext>({
    routes: opsRoutes(ctx, monitor),
    ctx,
    authenticate: async () => undefined,
    log: ctx.log,
  });
  return listen(app, { ...address, connectionsMax });
}
