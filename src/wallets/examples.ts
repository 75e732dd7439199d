/** What the documentation shows of wallets: one customer's story, in numbers that add up. Tests hold it against the schemas. */

export const exampleBalance = { available: 547, held: 0, debt: 0, total: 547 } as const;

export const exampleWallet = {
  customerId: "user_123",
  ...exampleBalance,
  frozen: null,
  createdAt: "2026-01-31T11:58:00.000Z",
} as const;

const exampleGift = {
  id: "txn_01k2x3v9g7f6q8r5s4t3w2y1z0_1",
  seq: 1,
  kind: "promotion",
  credits: 47,
  description: "Given: welcome credits",
  cause: { type: "operator", id: "adj_01k2x3t8b4e5m6n7p8q9r0s1t2" },
  lotNo: 1,
  holdId: null,
  balance: { available: 47, held: 0, debt: 0, total: 47 },
  at: "2026-01-31T11:58:00.000Z",
} as const;

export const exampleTransaction = {
  id: "txn_01k2x3v9g7f6q8r5s4t3w2y1z0_2",
  seq: 2,
  kind: "purchase",
  credits: 500,
  description: "Bought 500 credits for $9.99",
  cause: { type: "purchase", id: "pur_01k2x3v9g7f6q8r5s4t3w2y1z0" },
  lotNo: 2,
  holdId: null,
  balance: exampleBalance,
  at: "2026-01-31T12:00:00.000Z",
} as const;

export const exampleAdjustment = {
  id: "adj_01k2x3t8b4e5m6n7p8q9r0s1t2",
  customerId: "user_123",
  transactions: [exampleGift],
  balance: exampleGift.balance,
} as const;

export const exampleStatement = {
  customerId: "user_123",
  from: "2026-01-01T00:00:00.000Z",
  to: null,
  openingBalance: { available: 0, held: 0, debt: 0, total: 0 },
  closingBalance: exampleBalance,
  count: 2,
  transactions: [exampleGift, exampleTransaction],
} as const;
