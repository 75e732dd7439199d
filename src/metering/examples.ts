import { exampleTransaction } from "../wallets/examples.js";

/** What the documentation shows of usage: a chat reply, once priced, once taken. Tests hold it against the schemas. */

const names = {
  id: "01930f5e-8c4b-7d2a-9f10-3b6a5c2d1e00",
  eventId: "use_01k2x3v9g7f6q8r5s4t3w2y1z0",
} as const;
const balance = { available: 546.61, held: 0, debt: 0, total: 546.61 } as const;
const used = {
  event: "chat.reply",
  model: "gpt-x",
  quantity: null,
  properties: { model: "gpt-x", inputTokens: 1_200, outputTokens: 350 },
  metadata: { conversation: "c_42" },
  at: null,
} as const;
const acceptedAt = "2026-01-31T12:05:00.000Z";
const appliedAt = "2026-01-31T12:05:00.120Z";

export const exampleAnswer = { ...names, status: "accepted", credits: 0.39 } as const;

export const exampleApplied = {
  ...names,
  status: "applied",
  credits: 0.39,
  shortfall: 0,
  balance,
} as const;

export const exampleAnswers = {
  accepted: 0,
  applied: 2,
  partial: [],
  duplicates: [],
  conflicts: [],
  rejected: [
    {
      id: "run-3",
      eventId: "use_01k2x3w0h8g7r9s6t5v4x3z2a1",
      code: "unknown_event",
      detail: "Version 3 of the rate card does not price chat.answer.",
    },
  ],
} as const;

export const exampleUsage = {
  ...names,
  customerId: "user_123",
  ...used,
  status: "applied",
  credits: 0.39,
  price: 0.39,
  shortfall: 0,
  ownPrice: false,
  rateCardVersion: 3,
  holdId: null,
  quoteId: null,
  acceptedAt,
  appliedAt,
  rejection: null,
  transactions: ["txn_01k2x3v9g7f6q8r5s4t3w2y1z0_3"],
  balance,
} as const;

export const exampleSummary = {
  from: "2026-01-01T00:00:00.000Z",
  to: "2026-01-31T12:10:00.000Z",
  data: [
    {
      event: "chat.reply",
      model: "gpt-x",
      day: "2026-01-31",
      events: 3,
      applied: 2,
      rejected: 1,
      credits: 0.78,
    },
  ],
  total: { events: 3, credits: 0.78 },
} as const;

const exampleSpend = {
  ...exampleTransaction,
  id: "txn_01k2x3v9g7f6q8r5s4t3w2y1z0_3",
  seq: 3,
  kind: "spend",
  credits: -0.39,
  description: "Used",
  cause: { type: "usage", id: names.eventId },
  lotNo: 1,
  balance,
  at: appliedAt,
} as const;

export const exampleExplanation = {
  sentence:
    "chat.reply with gpt-x cost 0.39 credits by version 3 of the rate card: 1200 inputTokens at 0.15 per 1000, 350 outputTokens at 0.6 per 1000.",
  customerId: "user_123",
  transaction: exampleSpend,
  cause: {
    ...exampleSpend.cause,
    memo: null,
    usage: {
      ...names,
      ...used,
      price: {
        credits: 0.39,
        ownPrice: false,
        rateCardVersion: 3,
        rounding: "up",
        lines: [
          {
            what: "properties.inputTokens",
            units: "1200",
            unitPrice: "0.15",
            per: 1_000,
            credits: "0.18",
          },
          {
            what: "properties.outputTokens",
            units: "350",
            unitPrice: "0.6",
            per: 1_000,
            credits: "0.21",
          },
        ],
      },
      shortfall: 0,
      quoteId: null,
      requestId: "req_01k2x3v9g7f6q8r5s4t3w2y1z0",
      apiKey: { id: "key_01k2x3v9g7f6q8r5s4t3w2y1z0", name: "backend", hint: "chg_test_…4f2a" },
      acceptedAt,
      appliedAt,
    },
    hold: null,
  },
  transactions: [
    {
      ...exampleSpend,
      moved: 0.39,
      lot: {
        lotNo: 1,
        source: "promotion",
        grantedFor: "welcome credits",
        purchaseId: null,
        granted: 47,
        price: null,
        expiresAt: null,
      },
      cost: null,
    },
  ],
} as const;
