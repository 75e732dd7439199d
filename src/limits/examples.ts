/** What the documentation shows of spend limits. Tests hold it against the schemas. */

const perMinute = {
  limit: 50,
  spent: 12,
  countedSince: "2026-01-31T12:00:00.000Z",
  remaining: 38,
  resetsAt: "2026-01-31T12:01:00.000Z",
} as const;
export const exampleAllowance = {
  limit: 400,
  spent: 120.5,
  countedSince: "2026-01-31T00:00:00.000Z",
  remaining: 279.5,
  resetsAt: "2026-02-01T00:00:00.000Z",
} as const;
const perMonth = {
  limit: null,
  spent: 2_400,
  countedSince: "2026-01-12T09:00:00.000Z",
  remaining: null,
  resetsAt: "2026-02-01T00:00:00.000Z",
} as const;

const allowances = { perMinute, perDay: exampleAllowance, perMonth } as const;

export const exampleWalletLimits = { customerId: "user_123", ...allowances } as const;
export const exampleKeyLimits = {
  keyId: "key_01k2x3v9g7f6q8r5s4t3w2y1z0",
  ...allowances,
} as const;
