import { describe, expect, it } from "vitest";
import { createMetrics } from "../../../src/platform/metrics/create-metrics.js";
import { metricTable } from "../../../src/platform/metrics/metric-table.js";
import { until } from "../../support/until.js";
import { type Things, thingRoutes } from "../http/things.js";
import { startWeb } from "../http/web.js";

describe("metrics", () => {
  it("count what the table declares, each instance for itself", async () => {
    const [one, other] = [createMetrics(), createMetrics()];
    one.add("stripe_webhooks_total", { outcome: "recorded" });
    one.add("stripe_webhooks_total", { outcome: "recorded" }, 2);
    one.observe("job_duration_seconds", { job: "settle", outcome: "done" }, 0.02);
    const text = await one.render();
    expect(text).toContain('stripe_webhooks_total{outcome="recorded"} 3');
    expect(text).toContain('job_duration_seconds_bucket{le="0.025",job="settle",outcome="done"} 1');
    expect(await other.render()).not.toContain('outcome="recorded"');
  });

  it("have names with a unit, a help, few labels, and none of them an id", () => {
    for (const [name, { kind, help, labels }] of Object.entries(metricTable)) {
      expect(name).toMatch(kind === "counter" ? /_total$/ : /_(seconds|bytes|rows|jobs)$/);
      expect(help).toMatch(/^[A-Z].*\.$/);
      expect(labels.length).toBeLessThanOrEqual(3);
      for (const label of labels) expect(label).not.toMatch(/id|customer|project|url|path/i);
    }
  });

  it("time requests by the pattern of their route", async () => {
    const metrics = createMetrics();
    const ctx: Things = { seen: [] };
    const web = await startWeb(thingRoutes, ctx, { metrics });
    await Promise.all([
      web.get("/v1/things/jane"),
      web.get("/v1/things/joe"),
      web.get("/etc/passwd"),
    ]);
    const counted = (line: string) =>
      until(async () => (await metrics.render()).includes(line), { because: line });
    const name = "http_request_duration_seconds_count";
    await counted(`${name}{method="GET",route="/v1/things/:id",status="200"} 2`);
    await counted(`${name}{method="GET",route="unknown",status="404"} 1`);
    expect(await metrics.render()).not.toMatch(/jane|passwd/);
    await web.close();
  });

  it("bring the process's own where they are asked for", async () => {
    expect(await createMetrics().render()).not.toContain("process_");
    expect(await createMetrics({ processMetrics: true }).render()).toContain("process_cpu_seconds");
  });
});
