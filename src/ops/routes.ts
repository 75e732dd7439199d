import { z } from "zod";
import { reply, text } from "../platform/http/reply.js";
import { defineRoute, type Route } from "../platform/http/route.js";
import { scrapeRefusal } from "./allow-scrape.js";
import type { OpsContext } from "./context.js";
import { createMetricsPage } from "./create-metrics-page.js";
import type { HealthReport } from "./rules.js";
import type { Monitor } from "./start-monitor.js";

const reportSchema = z.object({
  status: z.enum(["ok", "degraded", "failing"]),
  checks: z.array(z.object({ name: z.string(), ok: z.boolean(), detail: z.string() })),
});

const response = { 200: reportSchema, 503: reportSchema };
/** For machines that ask often: anybody, any number of times, without a line in the log each time. */
const forMachines = {
  auth: "public",
  quiet: true,
  rateLimit: "none",
  tags: ["Operations"],
} as const;

/** `GET /healthz`, `GET /readyz` and `GET /metrics`. Once per process: the metrics are registered here. */
export function opsRoutes(ctx: OpsContext, monitor: Monitor): readonly Route<OpsContext>[] {
  const metrics = createMetricsPage(ctx, monitor);
  const define = defineRoute<OpsContext>();
  const health = define({
    ...forMachines,
    method: "get",
    path: "/healthz",
    operationId: "ops.getHealth",
    summary: "Whether work progresses",
    description:
      "503 when the event loop is blocked, or when the workers or the scheduler of this process stand still. A restart may help.",
    response,
    handle: async () => answer(monitor.health()),
  });
  const readiness = define({
    ...forMachines,
    method: "get",
    path: "/readyz",
    operationId: "ops.getReadiness",
    summary: "Whether requests can be taken",
    description:
      "503 when the database does not answer within a second or lacks migrations. For web a queue that is down is reported, and no reason to send nobody.",
    response,
    handle: async () => answer(await monitor.readiness()),
  });
  const scrape = define({
    ...forMachines,
    rateLimit: { perSecond: 20 },
    method: "get",
    path: "/metrics",
    operationId: "ops.getMetrics",
    summary: "Metrics for Prometheus",
    description: "Needs METRICS_TOKEN as a bearer token; without one, for callers on this machine.",
    response: { 200: "text" },
    refusals: ["unauthenticated", "forbidden"],
    handle: async ({ request }) => {
      const refusal = scrapeRefusal(request, ctx.config.metricsToken, ctx.publicUrl);
      if (refusal !== undefined) throw refusal;
      return text(await metrics.render(), { contentType: metrics.contentType });
    },
  });
  return [health, readiness, scrape];
}

function answer(report: HealthReport) {
  return reply(report.status === "failing" ? 503 : 200, report);
}
