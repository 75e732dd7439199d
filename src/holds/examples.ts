/** What the documentation shows of holds: twenty credits for a long answer that took 12.5. Tests hold it against the schemas. */

export const exampleHold = {
  id: "hold_01k2x3v9g7f6q8r5s4t3w2y1z0",
  customerId: "user_123",
  state: "open",
  credits: 20,
  captured: 0,
  released: 0,
  left: 20,
  overCapture: "reject",
  rateCardVersion: 3,
  description: "a long answer",
  createdAt: "2026-01-31T12:10:00.000Z",
  expiresAt: "2026-01-31T12:20:00.000Z",
  endedAt: null,
} as const;

export const exampleHoldWithBalance = {
  ...exampleHold,
  balance: { available: 527, held: 20, debt: 0, total: 547 },
} as const;

export const exampleCapture = {
  id: "cap_01k2x3v9g7f6q8r5s4t3w2y1z0",
  holdId: exampleHold.id,
  credits: 12.5,
  shortfall: 0,
  hold: {
    ...exampleHold,
    state: "captured",
    captured: 12.5,
    released: 7.5,
    left: 0,
    endedAt: "2026-01-31T12:12:30.000Z",
  },
  balance: { available: 534.5, held: 0, debt: 0, total: 534.5 },
} as const;
