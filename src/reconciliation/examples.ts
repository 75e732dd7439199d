/** What the documentation shows of reconciliation. Tests hold it against the schemas. */

export const exampleRun = {
  id: "recon_01k2x3v9g7f6q8r5s4t3w2y1z0",
  ring: "objects",
  state: "finished",
  dryRun: false,
  stripeAccount: "acct_1Qm2xKLkdIwHu7ix",
  livemode: false,
  from: "2026-01-31T10:45:00.000Z",
  to: "2026-01-31T11:59:00.000Z",
  bridgedFrom: null,
  phase: null,
  counts: { requests: 4, sessions: 12, charges: 11, payments: 12, found: 1, healed: 1 },
  sums: { usd: { charged: { amount: 10_989, currency: "usd", display: "$109.89" } } },
  problem: null,
  startedAt: "2026-01-31T12:00:00.000Z",
  finishedAt: "2026-01-31T12:00:02.000Z",
} as const;

/** One that waits for a worker. */
export const exampleRunBegun = {
  ...exampleRun,
  state: "running",
  phase: "sessions",
  counts: {},
  sums: {},
  finishedAt: null,
} as const;

export const exampleDiscrepancy = {
  id: "disc_01k2x3v9g7f6q8r5s4t3w2y1z0",
  class: "orphan_payment",
  state: "open",
  means: "Stripe has a payment that no purchase explains, or a second one for the same purchase.",
  remedy:
    "A person decides: assign it to a customer, refund it at Stripe, or dismiss it if it belongs to another shop.",
  detail: "The payment of $12.34 names no purchase of this project.",
  subject: "ch_3Qm2xKLkdIwHu7ix0a1b2c3d",
  customerId: null,
  purchaseId: null,
  stripeObject: "ch_3Qm2xKLkdIwHu7ix0a1b2c3d",
  stripeUrl:
    "https://dashboard.stripe.com/acct_1Qm2xKLkdIwHu7ix/test/payments/ch_3Qm2xKLkdIwHu7ix0a1b2c3d",
  stripeAccount: "acct_1Qm2xKLkdIwHu7ix",
  booked: null,
  stripe: { amount: 1_234, currency: "usd", display: "$12.34" },
  expectedCredits: null,
  actualCredits: null,
  healedCredits: null,
  assignedCredits: null,
  foundBy: "recon_01k2x3v9g7f6q8r5s4t3w2y1z0",
  healingBy: null,
  closedBy: null,
  closedBecause: null,
  createdAt: "2026-01-31T12:00:01.000Z",
  closedAt: null,
} as const;
