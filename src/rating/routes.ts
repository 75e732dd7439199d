import { z } from "zod";
import { creditsToJson } from "../kernel/credits.js";
import { publicId } from "../kernel/ids.js";
import type { Context } from "../platform/context.js";
import { inTransaction } from "../platform/db/transaction.js";
import { reply } from "../platform/http/reply.js";
import { defineRoute } from "../platform/http/route.js";
import { creditsOut, customerId, pageOf, pageQuery, timeOut } from "../platform/http/schemas.js";
import {
  type AnsweredQuote,
  createQuote,
  freezeSecondsMax,
  freezeSecondsMin,
} from "./create-quote.js";
import { unaffordable } from "./decide-affordability.js";
import type { RateCards } from "./create-rate-cards.js";
import { exampleQuote, exampleRateCard, exampleRateCardSummary } from "./examples.js";
import { publishRateCard } from "./publish-rate-card.js";
import {
  listRateCards,
  type RateCardSummary,
  type RateCardVersion,
  readCurrentRateCard,
  readRateCard,
} from "./read-rate-cards.js";
import { rateCardTerms, rateCardTermsOut } from "./terms-schema.js";
import { eventName, properties, quantity } from "./units-schema.js";

/** What the routes and use cases of rating need. */
export interface RatingContext extends Pick<Context, "db"> {
  readonly rateCards: RateCards;
}

const cardBytesMax = 1024 * 1024;
const versionDescription =
  "Counts up with every change. An event remembers by which it was priced.";

export const rateCardJson = z
  .object({
    version: z.int().meta({ description: versionDescription }),
    ...rateCardTermsOut,
    createdAt: timeOut,
  })
  .meta({ id: "RateCard", examples: [exampleRateCard] });

export const rateCardSummaryJson = z
  .object({
    version: z.int().meta({ description: versionDescription }),
    eventCount: z.int().meta({ description: "How many events it prices." }),
    createdAt: timeOut,
  })
  .meta({ id: "RateCardSummary", examples: [exampleRateCardSummary] });

/** A version in a list: read it by its number for the terms. */
export function renderSummary(card: RateCardSummary): z.output<typeof rateCardSummaryJson> {
  const { version, eventCount, createdAt } = card;
  return { version, eventCount, createdAt: createdAt.toISOString() };
}

/** A version of the rate card as the API shows it. */
export function renderRateCard(card: RateCardVersion): z.output<typeof rateCardJson> {
  const { version, terms, createdAt } = card;
  return { version, ...terms, createdAt: createdAt.toISOString() };
}

const decimal = z.string().meta({ description: "A decimal by its digits.", examples: ["0.15"] });

const quoteJson = z
  .object({
    credits: creditsOut.meta({ description: "What the event costs." }),
    affordable: z.boolean().meta({
      description:
        "Whether the event would be applied now, by the balance, the shortfall policy, the spend limits and whether the wallet is frozen. By the policy upToAvailable it is affordable while anything is available; shortBy says what would not be paid.",
    }),
    because: z.enum(unaffordable).nullable().meta({
      description:
        "Why not, by the code of the refusal; `forbidden` for an agent token that has ended. Null: it is affordable.",
    }),
    available: creditsOut,
    shortBy: creditsOut.meta({
      description: "Credits that have to come in before all of it is paid, or owed by the policy.",
    }),
    limitsLeft: z.object({ wallet: creditsOut.nullable(), key: creditsOut.nullable() }).meta({
      description:
        "What the spend limits of the wallet and of the asking API key leave, in the tightest window; of an agent token, what its budget leaves for one call. Null: no limit.",
    }),
    maxAffordable: z.object({
      of: z.string().meta({
        description:
          "What is counted: the quantity, the one property that the price depends on, or events like this one.",
        examples: ["quantity", "properties.seconds", "events"],
      }),
      units: z.int().nullable().meta({ description: "Null: no limit, since it costs nothing." }),
    }),
    rateCardVersion: z.int(),
    model: z.string().nullable(),
    rounding: z.enum(["up", "down", "nearest"]),
    lines: z.array(
      z.object({
        what: z.string().meta({ examples: ["properties.inputTokens", "flat", "base", "minimum"] }),
        units: decimal,
        unitPrice: decimal,
        per: z.int(),
        credits: decimal,
      }),
    ),
    quoteId: z.string().optional(),
    expiresAt: timeOut.optional(),
  })
  .meta({ id: "Quote", examples: [exampleQuote] });

function renderQuote(quote: AnsweredQuote): z.output<typeof quoteJson> {
  const { credits, because, available, shortBy, maxAffordable, frozen } = quote;
  const { walletLimitLeft: wallet, keyLimitLeft: key } = quote;
  const { of, units } = maxAffordable;
  return {
    credits: creditsToJson(credits),
    affordable: because === null,
    because,
    available: creditsToJson(available),
    shortBy: creditsToJson(shortBy),
    limitsLeft: {
      wallet: wallet === null ? null : creditsToJson(wallet),
      key: key === null ? null : creditsToJson(key),
    },
    maxAffordable: { of, units: units === null ? null : Number(units) },
    rateCardVersion: quote.rateCardVersion,
    model: quote.model,
    rounding: quote.rounding,
    lines: [...quote.lines],
    ...(frozen === undefined
      ? {}
      : {
          quoteId: publicId("quote", frozen.quoteId),
          expiresAt: frozen.expiresAt.toISOString(),
        }),
  };
}

const currentRoute = defineRoute<RatingContext>()({
  method: "get",
  path: "/v1/rate-card",
  operationId: "rateCards.getCurrent",
  summary: "Read the rate card",
  description: "The version in force: what every event costs.",
  tags: ["Rate cards"],
  auth: { scopes: ["rates:read"] },
  response: { 200: rateCardJson },
  refusals: ["not_found"],
  handle: async ({ ctx, principal }) =>
    reply.ok(renderRateCard(await readCurrentRateCard(ctx.db, principal.projectId))),
});

const publishRoute = defineRoute<RatingContext>()({
  method: "put",
  path: "/v1/rate-card",
  operationId: "rateCards.publish",
  summary: "Publish the rate card",
  description:
    "Puts these terms in force, all events at once. Other terms than before become a new version (201); the same terms change nothing (200). What was accepted before keeps its version.",
  tags: ["Rate cards"],
  auth: { scopes: ["rates:write"] },
  exactNumbers: true,
  bodyLimitBytes: cardBytesMax,
  body: rateCardTerms,
  response: { 200: rateCardJson, 201: rateCardJson },
  refusals: ["conflict"],
  example: {
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
            },
          },
        },
        minimum: 0.01,
      },
      "image.generate": { price: { type: "quantity", credits: 4 } },
    },
    shortfall: { policy: "reject" },
  },
  handle: async ({ ctx, body, principal }) => {
    const actor = publicId("apiKey", principal.keyId);
    const { rateCard, changed } = await inTransaction(ctx.db, (trx) =>
      publishRateCard(trx, principal.projectId, body, actor),
    );
    return reply(changed ? 201 : 200, renderRateCard(rateCard));
  },
});

const listRoute = defineRoute<RatingContext>()({
  method: "get",
  path: "/v1/rate-cards",
  operationId: "rateCards.list",
  summary: "List the versions of the rate card",
  description: "The newest first, without their terms; the first one is in force.",
  tags: ["Rate cards"],
  auth: { scopes: ["rates:read"] },
  query: z.object(pageQuery),
  response: { 200: pageOf(rateCardSummaryJson) },
  handle: async ({ ctx, query: { limit: size, cursor }, principal }) => {
    const page = await listRateCards(ctx.db, principal.projectId, { size, cursor });
    return reply.ok({ ...page, data: page.data.map(renderSummary) });
  },
});

const readRoute = defineRoute<RatingContext>()({
  method: "get",
  path: "/v1/rate-cards/:version",
  operationId: "rateCards.get",
  summary: "Read a version of the rate card",
  tags: ["Rate cards"],
  auth: { scopes: ["rates:read"] },
  params: z.object({
    version: z
      .string()
      .regex(/^[1-9]\d{0,8}$/, { error: "A version is a whole number, from 1." })
      .transform(Number)
      .meta({ description: "From 1, as each publishing counted it up.", examples: ["3"] }),
  }),
  response: { 200: rateCardJson },
  refusals: ["not_found"],
  handle: async ({ ctx, params: { version }, principal }) =>
    reply.ok(renderRateCard(await readRateCard(ctx.db, principal.projectId, version))),
});

const quoteRoute = defineRoute<RatingContext>()({
  method: "post",
  path: "/v1/quotes",
  operationId: "quotes.create",
  summary: "Quote an event",
  description:
    "What an event would cost, whether the wallet can pay it, and the most it can afford. Writes nothing (200), unless freezeSeconds asks to keep the price for one hold or event of this customer (201).",
  tags: ["Quotes"],
  auth: { scopes: ["usage:write"] },
  tokens: { tools: ["quote_cost"], whose: ({ body }) => ({ customerIds: [body.customerId] }) },
  exactNumbers: true,
  body: z.object({
    customerId,
    event: eventName,
    quantity: quantity.optional(),
    properties: properties.optional(),
    freezeSeconds: z.int().min(freezeSecondsMin).max(freezeSecondsMax).optional(),
  }),
  response: { 200: quoteJson, 201: quoteJson },
  shown: { 200: { ...exampleQuote, quoteId: undefined, expiresAt: undefined } },
  refusals: ["not_found", "unknown_event", "unpriceable_event"],
  example: { customerId: "user_123", event: "image.generate", quantity: 3, freezeSeconds: 600 },
  handle: async ({ ctx, body, principal }) => {
    const { quantity: count, properties: counted, ...asked } = body;
    const units = { quantity: count, properties: counted };
    const { projectId, keyId: apiKeyId } = principal;
    const quote = await createQuote(ctx, { ...asked, projectId, apiKeyId, units });
    return reply(quote.frozen === undefined ? 200 : 201, renderQuote(quote));
  },
});

export const ratingRoutes = [currentRoute, publishRoute, listRoute, readRoute, quoteRoute];
