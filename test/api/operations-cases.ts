import { of, page, type RouteCase } from "./route-case.js";

/** Of the routes for operators. */
export const operationsCases: Readonly<Record<string, RouteCase>> = {
  "grantPreviews.create": {
    params: { customerId: of("customer") },
    body: { credits: 5, reason: "a gift", expiresInDays: 30 },
    unknown: { customer: 201 },
  },
  "grantPreviews.confirm": { params: { id: of("grantPreview") } },
  "reconciliation.start": { body: { ring: "ledger", dryRun: false } },
  "reconciliation.listRuns": { query: { ...page, ring: "ledger" } },
  "reconciliation.getRun": { params: { id: of("run") } },
  "reconciliation.listDiscrepancies": {
    query: { ...page, state: "open", class: "orphan_payment" },
  },
  "failedJobs.list": { query: { ...page, kind: "stripe_event" } },
  "failedJobs.retry": { params: { id: of("failedJob") } },
};
