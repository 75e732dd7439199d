import type { RequestHandler } from "express";
import { exchangeOf } from "./exchange.js";

/** Where the app counts requests; the metrics registry fits. */
export interface HttpMetrics {
  observe(
    name: "http_request_duration_seconds",
    labels: { readonly method: string; readonly route: string; readonly status: string },
    seconds: number,
  ): void;
}

/** Counts each request by the pattern of its route, with how long it took. */
export function measureRequests(metrics: HttpMetrics): RequestHandler {
  return (request, response, next) => {
    const startedMs = performance.now();
    response.once("close", () => {
      const route = exchangeOf(request).route ?? "unknown";
      const labels = { method: request.method, route, status: String(response.statusCode) };
      metrics.observe(
        "http_request_duration_seconds",
        labels,
        (performance.now() - startedMs) / 1000,
      );
    });
    next();
  };
}
