/** What the documentation shows of prices: a chat reply by its tokens, an image by the piece. Tests hold it against the schemas. */

const createdAt = "2026-01-31T12:00:00.000Z";

export const exampleRateCard = {
  version: 3,
  events: {
    "chat.reply": {
      price: {
        type: "models",
        models: {
          "gpt-x": {
            type: "properties",
            properties: {
              inputTokens: { credits: "0.15", per: 1_000 },
              outputTokens: { credits: "0.6", per: 1_000 },
            },
            base: "0",
          },
        },
      },
      minimum: 0.01,
      rounding: "up",
    },
    "image.generate": {
      price: { type: "quantity", credits: "4", per: 1 },
      minimum: 0,
      rounding: "up",
    },
  },
  shortfall: { policy: "reject" },
  createdAt,
} as const;

export const exampleRateCardSummary = { version: 3, eventCount: 2, createdAt } as const;

export const exampleQuote = {
  credits: 12,
  affordable: true,
  because: null,
  available: 547,
  shortBy: 0,
  limitsLeft: { wallet: 400, key: null },
  maxAffordable: { of: "quantity", units: 100 },
  rateCardVersion: 3,
  model: null,
  rounding: "up",
  lines: [{ what: "quantity", units: "3", unitPrice: "4", per: 1, credits: "12" }],
  quoteId: "quo_01k2x3v9g7f6q8r5s4t3w2y1z0",
  expiresAt: "2026-01-31T12:10:00.000Z",
} as const;
