import { z } from "zod";
import { creditsToJson } from "../kernel/credits.js";
import { publicId } from "../kernel/ids.js";
import { formatMoney } from "../kernel/money.js";
import type { Hold } from "../ledger/read-hold.js";
import type { PostedLine } from "../ledger/read-posting.js";
import { creditsOut, timeOut } from "../platform/http/schemas.js";
import { renderTransaction, transactionJson } from "../wallets/render.js";
import { costShare } from "./cost-basis.js";
import { exampleExplanation } from "./examples.js";
import { explainInWords } from "./explain-in-words.js";
import type { ExplainedTransaction, ExplainedUsage } from "./explain-transaction.js";

const priceLine = z.object({
  what: z.string().meta({ examples: ["properties.inputTokens"] }),
  units: z.string(),
  unitPrice: z.string(),
  per: z.int(),
  credits: z.string().meta({ description: "Before rounding, by its digits." }),
});

const usageFields = z.object({
  id: z.string().meta({ description: "Your own id of the event." }),
  eventId: z.string(),
  event: z.string(),
  model: z.string().nullable(),
  quantity: z.union([z.number(), z.string()]).nullable(),
  properties: z.record(z.string(), z.unknown()).nullable(),
  metadata: z.record(z.string(), z.unknown()).nullable(),
  at: timeOut.nullable(),
  price: z.object({
    credits: creditsOut.nullable(),
    ownPrice: z.boolean().meta({ description: "Whether the price came with the event." }),
    rateCardVersion: z.int().nullable().meta({ description: "Null when the price is its own." }),
    rounding: z.enum(["up", "down", "nearest"]).nullable(),
    lines: z.array(priceLine).meta({
      description:
        "They add up to the price, but for the rounding of their sum. A `minimum` is a line of its own.",
    }),
  }),
  shortfall: creditsOut.meta({ description: "What the wallet could not cover, and was let go." }),
  quoteId: z.string().nullable(),
  requestId: z.string().nullable(),
  apiKey: z
    .object({ id: z.string(), name: z.string(), hint: z.string() })
    .nullable()
    .meta({ description: "Null for events from the queue." }),
  acceptedAt: timeOut,
  appliedAt: timeOut.nullable(),
});

const holdFields = z.object({
  id: z.string(),
  credits: creditsOut.meta({ description: "What was set aside." }),
  description: z.string().nullable(),
  state: z.string(),
  createdAt: timeOut,
  expiresAt: timeOut,
  endedAt: timeOut.nullable(),
});

const lotFields = z.object({
  lotNo: z.int(),
  source: z.enum(["purchase", "promotion", "adjustment"]),
  grantedFor: z
    .string()
    .nullable()
    .meta({ examples: ["500 credits for $9.99"] }),
  purchaseId: z.string().nullable(),
  granted: creditsOut,
  price: z
    .string()
    .nullable()
    .meta({ description: "Of the whole lot.", examples: ["$9.99"] }),
  expiresAt: timeOut.nullable(),
});

const movedFields = transactionJson.extend({
  moved: creditsOut.meta({ description: "What it moved, whichever way." }),
  lot: lotFields.nullable().meta({ description: "Where the credits came from. Null: owed." }),
  cost: z
    .object({ amount: z.string(), currency: z.string(), display: z.string() })
    .nullable()
    .meta({
      description:
        "What was paid for these credits: their share of the lot's price, in the currency's usual unit, to twelve decimals. Null when nothing was paid.",
    }),
});

export const explanationJson = z
  .object({
    sentence: z.string().meta({
      examples: ["chat.reply with gpt-x cost 1 credit by version 2 of the rate card: 1 each."],
    }),
    customerId: z.string(),
    transaction: transactionJson,
    cause: z.object({
      type: z.string(),
      id: z.string(),
      memo: z.string().nullable().meta({ description: "What was bought, or the reason given." }),
      usage: usageFields.nullable(),
      hold: holdFields.nullable(),
    }),
    transactions: z.array(movedFields).meta({
      description: "All that the same cause moved together, oldest first: one for each lot.",
    }),
  })
  .meta({ id: "TransactionExplanation", examples: [exampleExplanation] });

/** Why a transaction is there, as the API shows it. */
export function renderExplanation(of: ExplainedTransaction): z.output<typeof explanationJson> {
  const transaction = renderTransaction(of.line);
  return {
    sentence: explainInWords(of),
    customerId: of.customerId,
    transaction,
    cause: {
      ...transaction.cause,
      memo: of.line.memo,
      usage: of.usage && renderUsageFacts(of.usage),
      hold: of.hold && renderHoldFacts(of.hold),
    },
    transactions: of.lines.map(renderMoved),
  };
}

function renderUsageFacts(usage: ExplainedUsage): z.output<typeof usageFields> {
  const { event, price, apiKey } = usage;
  return {
    id: event.key,
    eventId: publicId("usageEvent", event.id),
    event: event.event,
    model: event.model,
    quantity: event.quantity,
    properties: event.properties,
    metadata: event.metadata,
    at: event.occurredAt?.toISOString() ?? null,
    price: {
      credits: event.credits === null ? null : creditsToJson(event.credits),
      ownPrice: event.ownPrice,
      rateCardVersion: event.ownPrice ? null : event.rateCardVersion,
      rounding: price?.rounding ?? null,
      lines: [...(price?.lines ?? [])],
    },
    shortfall: creditsToJson(usage.shortfall),
    quoteId: event.quoteId === null ? null : publicId("quote", event.quoteId),
    requestId: event.requestId,
    apiKey: apiKey && {
      id: publicId("apiKey", apiKey.id),
      name: apiKey.name,
      hint: apiKey.hint,
    },
    acceptedAt: usage.acceptedAt.toISOString(),
    appliedAt: usage.appliedAt?.toISOString() ?? null,
  };
}

function renderHoldFacts(hold: Hold): z.output<typeof holdFields> {
  return {
    id: publicId("hold", hold.id),
    credits: creditsToJson(hold.amount),
    description: hold.description,
    state: hold.state,
    createdAt: hold.createdAt.toISOString(),
    expiresAt: hold.expiresAt.toISOString(),
    endedAt: hold.endedAt?.toISOString() ?? null,
  };
}

function renderMoved(line: PostedLine): z.output<typeof movedFields> {
  const { lot, amount } = line;
  return {
    ...renderTransaction(line),
    moved: creditsToJson(amount),
    lot: lot && {
      lotNo: lot.lotNo,
      source: lot.source,
      grantedFor: lot.grantedFor,
      purchaseId: lot.purchaseId === null ? null : publicId("purchase", lot.purchaseId),
      granted: creditsToJson(lot.granted),
      price: lot.cost === null ? null : formatMoney(lot.cost),
      expiresAt: lot.expiresAt?.toISOString() ?? null,
    },
    cost: lot === null || lot.cost === null ? null : costShare(lot.cost, amount, lot.granted),
  };
}
