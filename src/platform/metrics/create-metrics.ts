import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
import { present } from "../../kernel/assert.js";
import { type LabelsOf, type MetricDeclaration, metricTable, type NameOf } from "./metric-table.js";

/** Counts what the table declares; names and labels are checked by the compiler. */
export interface Metrics {
  add<Name extends NameOf<"counter">>(name: Name, labels: LabelsOf<Name>, by?: number): void;
  set<Name extends NameOf<"gauge">>(name: Name, labels: LabelsOf<Name>, value: number): void;
  observe<Name extends NameOf<"histogram">>(
    name: Name,
    labels: LabelsOf<Name>,
    value: number,
  ): void;
  /** The text that Prometheus scrapes. */
  render(): Promise<string>;
  readonly contentType: string;
  /** For what brings its own metrics, such as gauges that read the database when they are scraped. */
  readonly registry: Registry;
}

export interface MetricsOptions {
  /** Memory, event loop and garbage collection of this process. Off by default: they start observers. */
  readonly processMetrics?: boolean;
}

/** A registry of its own: two apps in one process never mix their numbers. */
export function createMetrics({ processMetrics = false }: MetricsOptions = {}): Metrics {
  const registry = new Registry();
  const counters = new Map<string, Counter>();
  const gauges = new Map<string, Gauge>();
  const histograms = new Map<string, Histogram>();
  for (const [name, declaration] of Object.entries<MetricDeclaration>(metricTable)) {
    const common = { name, help: declaration.help, labelNames: [...declaration.labels] };
    const settings = { ...common, registers: [registry] };
    if (declaration.kind === "counter") counters.set(name, new Counter(settings));
    else if (declaration.kind === "gauge") gauges.set(name, new Gauge(settings));
    else {
      const buckets = [...present(declaration.buckets, "a histogram declares its buckets")];
      histograms.set(name, new Histogram({ ...settings, buckets }));
    }
  }
  if (processMetrics) collectDefaultMetrics({ register: registry });
  return {
    add: (name, labels, by = 1) => present(counters.get(name), "declared").inc({ ...labels }, by),
    set: (name, labels, value) => present(gauges.get(name), "declared").set({ ...labels }, value),
    observe: (name, labels, value) =>
      present(histograms.get(name), "declared").observe({ ...labels }, value),
    render: () => registry.metrics(),
    contentType: registry.contentType,
    registry,
  };
}
