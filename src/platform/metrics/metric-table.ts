export interface MetricDeclaration {
  readonly kind: "counter" | "gauge" | "histogram";
  readonly help: string;
  /** Few values each: never an id, a customer or a URL. */
  readonly labels: readonly string[];
  /** Upper bounds, for histograms. */
  readonly buckets?: readonly number[];
}

const secondsBuckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

/** Everything that Chargly counts. Units are base units and stand at the end of the name, as Prometheus wants it. */
export const metricTable = {
  http_request_duration_seconds: {
    kind: "histogram",
    help: "Time from the request's headers to the end of its answer.",
    labels: ["method", "route", "status"],
    buckets: secondsBuckets,
  },
  job_duration_seconds: {
    kind: "histogram",
    help: "Time that one run of a job took, by how it ended (done, later, never, failed).",
    labels: ["job", "outcome"],
    buckets: secondsBuckets,
  },
  stripe_webhooks_total: {
    kind: "counter",
    help: "Webhook deliveries of Stripe, by what became of them (recorded, duplicate, refused, failed).",
    labels: ["outcome"],
  },
  usage_accepted_events_total: {
    kind: "counter",
    help: "Usage events that were committed, to be applied or applied at once.",
    labels: [],
  },
  usage_applied_events_total: {
    kind: "counter",
    help: "Usage events that were applied, in full or as far as the wallet went.",
    labels: [],
  },
  usage_rejected_events_total: {
    kind: "counter",
    help: "Usage events that were rejected, by the refusal's code.",
    labels: ["reason"],
  },
  usage_batches_quarantined_total: {
    kind: "counter",
    help: "Usage batches that could not be applied and wait for a person.",
    labels: [],
  },
  invariant_offending_rows: {
    kind: "gauge",
    help: "Rows that broke an invariant of the books when they were last looked at, by what was looked at (recent, whole).",
    labels: ["invariant", "scope"],
  },
  usage_lag_seconds: {
    kind: "gauge",
    help: "How long the oldest accepted usage has been waiting to be applied.",
    labels: [],
  },
} as const satisfies Record<string, MetricDeclaration>;

export type MetricTable = typeof metricTable;
export type MetricName = keyof MetricTable;
export type NameOf<Kind extends MetricDeclaration["kind"]> = {
  [Name in MetricName]: MetricTable[Name]["kind"] extends Kind ? Name : never;
}[MetricName];
export type LabelsOf<Name extends MetricName> = Readonly<
  Record<MetricTable[Name]["labels"][number], string>
>;
