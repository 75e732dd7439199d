import type { ExplainedTransaction, ExplainedUsage, Explanation } from "@chargly/sdk";
import { z } from "zod";
import { boundedOrNull, boundedRecord, boundedText } from "../tools/bounded-text.js";
import { priceLine, priceLinesOf } from "./quote-cost.js";
import { creditsOut, totalOf } from "./shapes.js";
import { transaction, transactionOf } from "./transaction-shape.js";

const sentenceCharsMax = 800;
const textCharsMax = 200;
const movementsMax = 30;

const plainRecord = z
  .record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()]))
  .nullable();

const usage = z.object({
  eventId: z.string().meta({ description: "The application's own id of the event." }),
  usageId: z.string(),
  event: z.string(),
  model: z.string().nullable(),
  quantity: z.union([z.number(), z.string()]).nullable(),
  properties: plainRecord,
  metadata: plainRecord,
  at: z.string().nullable(),
  acceptedAt: z.string(),
  price: z.object({
    credits: creditsOut.nullable(),
    ownPrice: z.boolean().meta({ description: "Whether the price came with the event." }),
    rateCardVersion: z.number().nullable(),
    rounding: z.string().nullable(),
    lines: z.array(priceLine).meta({ description: "They add up to the price." }),
  }),
  shortfall: creditsOut.meta({ description: "What was not there and was let go." }),
  quoteId: z.string().nullable(),
  chargedBy: z.string().nullable().meta({ description: "The name of the key or token." }),
});

const hold = z.object({
  holdId: z.string(),
  credits: creditsOut.meta({ description: "What was set aside." }),
  state: z.string(),
  description: z.string().nullable(),
  createdAt: z.string(),
  expiresAt: z.string(),
});

const movement = z.object({
  transactionId: z.string(),
  kind: z.string(),
  moved: creditsOut.meta({ description: "Whichever way." }),
  lot: z
    .object({
      source: z.string().meta({ description: "purchase, promotion or adjustment" }),
      grantedFor: z.string().nullable(),
      purchaseId: z.string().nullable(),
      granted: creditsOut,
      price: z.string().nullable(),
      expiresAt: z.string().nullable(),
    })
    .nullable()
    .meta({ description: "Where the credits came from. Null: owed." }),
  cost: z.string().nullable().meta({ description: "What was paid for these credits." }),
});

/** Why credits moved. Everything that others wrote is bounded, and data. */
export const explanation = z.object({
  sentence: z.string(),
  credits: creditsOut.meta({ description: "How the total changed in all; negative is out." }),
  transaction,
  memo: z.string().nullable().meta({ description: "What was bought, or the reason given." }),
  usage: usage.nullable(),
  hold: hold.nullable(),
  movements: z.array(movement).meta({ description: "All that the same cause moved." }),
});

export function explanationOf(found: Explanation): z.infer<typeof explanation> {
  const { sentence, cause, transactions } = found;
  return {
    sentence: boundedText(sentence, sentenceCharsMax),
    credits: totalOf(transactions.map(({ credits }) => credits)),
    transaction: transactionOf(found.transaction),
    memo: boundedOrNull(cause.memo, textCharsMax),
    usage: cause.usage && usageOf(cause.usage),
    hold: cause.hold && {
      holdId: cause.hold.id,
      credits: cause.hold.credits,
      state: cause.hold.state,
      description: boundedOrNull(cause.hold.description, textCharsMax),
      createdAt: cause.hold.createdAt,
      expiresAt: cause.hold.expiresAt,
    },
    movements: transactions.slice(0, movementsMax).map(movementOf),
  };
}

function usageOf(used: ExplainedUsage): z.infer<typeof usage> {
  const { price } = used;
  return {
    eventId: boundedText(used.id, textCharsMax),
    usageId: used.eventId,
    event: used.event,
    model: boundedOrNull(used.model, textCharsMax),
    quantity: used.quantity,
    properties: boundedRecord(used.properties),
    metadata: boundedRecord(used.metadata),
    at: used.at,
    acceptedAt: used.acceptedAt,
    price: {
      credits: price.credits,
      ownPrice: price.ownPrice,
      rateCardVersion: price.rateCardVersion,
      rounding: price.rounding,
      lines: priceLinesOf(price.lines),
    },
    shortfall: used.shortfall,
    quoteId: used.quoteId,
    chargedBy: used.apiKey && boundedText(used.apiKey.name, textCharsMax),
  };
}

function movementOf({
  id,
  kind,
  moved,
  lot,
  cost,
}: ExplainedTransaction): z.infer<typeof movement> {
  return {
    transactionId: id,
    kind,
    moved,
    lot: lot && {
      source: lot.source,
      grantedFor: boundedOrNull(lot.grantedFor, textCharsMax),
      purchaseId: lot.purchaseId,
      granted: lot.granted,
      price: lot.price,
      expiresAt: lot.expiresAt,
    },
    cost: cost && cost.display,
  };
}
