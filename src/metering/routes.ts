import { z } from "zod";
import { Refusal } from "../kernel/refusals.js";
import { approvedOrThrow } from "../kernel/verdict.js";
import { readWallet } from "../ledger/read-wallet.js";
import type { Context } from "../platform/context.js";
import { reply } from "../platform/http/reply.js";
import { defineRoute } from "../platform/http/route.js";
import { customerId, pageOf, pageQuery } from "../platform/http/schemas.js";
import { eventName } from "../rating/units-schema.js";
import { parseTransactionId } from "../wallets/rules.js";
import { answerUsage, type UsageDoor } from "./answer-usage.js";
import { exampleApplied } from "./examples.js";
import { explainTransaction } from "./explain-transaction.js";
import { listUsage, readUsage } from "./read-usage.js";
import { usageAnswerJson, usageAnswersJson } from "./render-answers.js";
import { explanationJson, renderExplanation } from "./render-explanation.js";
import { renderSummary, summaryJson } from "./render-summary.js";
import { renderUsage, usageJson } from "./render-usage.js";
import { summarizeUsage } from "./summarize-usage.js";
import { preferencesOf } from "./take-usage.js";
import { usageTokens } from "./usage-tokens.js";
import { usageBodyBytesMax, usageEventIn, usageEventsIn } from "./usage-schema.js";

type ReadContext = Pick<Context, "db">;

const usageLines = z.string().meta({
  description: "One event on each line.",
  examples: ['{"id":"run-1","customerId":"user_123","event":"image.generate","quantity":2}\\n'],
});

const recordRoute = defineRoute<UsageDoor>()({
  method: "post",
  path: "/v1/usage",
  operationId: "usage.record",
  summary: "Record usage",
  description:
    "Takes one event, a list of up to 1,000, or NDJSON. 202: committed, and applied in order by a worker; `GET /v1/usage/{id}` tells how it ended. With `Prefer: wait` it is applied before the answer: 200, or 402 with what is missing and where to top up. An event that names a hold or a quote, or that an agent sends, is always applied before the answer. A known id with the same content is the same event; with other content it is refused. Ids of events that an agent sends begin with `agent_`, so that none is one that the backend wants later; leave such ids to agents. For one event without an id, the `Idempotency-Key` header is its id; a list needs an id in each event when the header is sent.",
  tags: ["Usage"],
  auth: { scopes: ["usage:write"] },
  tokens: usageTokens,
  exactNumbers: true,
  bodyLimitBytes: usageBodyBytesMax,
  headers: {
    Prefer: "`wait`: apply the events before the answer.",
    "Idempotency-Key": "The id of a single event that has none.",
  },
  otherBodies: { "application/x-ndjson": usageLines },
  // Its bound is the backlog: usage is refused while it is not applied fast enough.
  rateLimit: "none",
  body: z.union([usageEventIn, usageEventsIn]),
  response: {
    200: z.union([usageAnswerJson, usageAnswersJson]),
    202: z.union([usageAnswerJson, usageAnswersJson]),
  },
  shown: { 200: exampleApplied },
  refusals: [
    "unknown_event",
    "unpriceable_event",
    "insufficient_credits",
    "wallet_in_debt",
    "debt_limit",
    "wallet_frozen",
    "wallet_spend_limit",
    "key_spend_limit",
    "agent_budget",
    "not_found",
    "hold_not_open",
    "hold_exceeded",
    "quote_expired",
    "quote_redeemed",
    "usage_id_conflict",
    "usage_backlog",
    "project_paused",
  ],
  example: {
    id: "01930f5e-8c4b-7d2a-9f10-3b6a5c2d1e00",
    customerId: "user_123",
    event: "chat.reply",
    properties: { model: "gpt-x", inputTokens: 1_200, outputTokens: 350 },
    metadata: { conversation: "c_42" },
  },
  handle: async ({ ctx, body, principal, requestId, request }) =>
    answerUsage(ctx, { principal, requestId, input: body, ...preferencesOf(request) }),
});

const readRoute = defineRoute<ReadContext>()({
  method: "get",
  path: "/v1/usage/:id",
  operationId: "usage.get",
  summary: "Read a usage event",
  description: "By your own id of the event, or by ours.",
  tags: ["Usage"],
  auth: { scopes: ["usage:read"] },
  tokens: {
    tools: ["explain_charge", "meter_event"],
    whose: async ({ ctx, params: { id }, principal }) => ({
      walletId: (await readUsage(ctx.db, principal.projectId, id))?.event.walletId,
    }),
  },
  params: z.object({
    id: z
      .string()
      .min(1)
      .max(128)
      .meta({ description: "Your own id of the event, or ours.", examples: ["run-1"] }),
  }),
  response: { 200: usageJson },
  refusals: ["not_found"],
  handle: async ({ ctx, params: { id }, principal }) => {
    const usage = await readUsage(ctx.db, principal.projectId, id);
    if (usage === undefined)
      throw new Refusal("not_found", {
        detail: "There is no usage event with this id. It was never accepted.",
      });
    return reply.ok(renderUsage(usage));
  },
});

const instant = z.iso.datetime({ offset: true }).transform((text) => new Date(text));

const filterQuery = {
  customerId: customerId.optional(),
  event: eventName.optional(),
  from: instant
    .optional()
    .meta({ description: "Accepted at or after this time.", examples: ["2026-01-01T00:00:00Z"] }),
  to: instant
    .optional()
    .meta({ description: "Accepted before this time.", examples: ["2026-02-01T00:00:00Z"] }),
};

const listRoute = defineRoute<ReadContext>()({
  method: "get",
  path: "/v1/usage",
  operationId: "usage.list",
  summary: "List usage events",
  description: "The newest first.",
  tags: ["Usage"],
  auth: { scopes: ["usage:read"] },
  query: z.object({ ...pageQuery, ...filterQuery }),
  response: { 200: pageOf(usageJson) },
  handle: async ({ ctx, query, principal: { projectId } }) => {
    const { limit: size, cursor, customerId: customer, ...filter } = query;
    const walletId = await walletOf(ctx, projectId, customer);
    if (walletId === null) return reply.ok({ data: [], hasMore: false, nextCursor: null });
    const page = await listUsage(ctx.db, projectId, { ...filter, walletId }, { size, cursor });
    const { data, ...rest } = approvedOrThrow(page);
    return reply.ok({ data: data.map(renderUsage), ...rest });
  },
});

const summaryRoute = defineRoute<ReadContext>()({
  method: "get",
  path: "/v1/usage/summary",
  operationId: "usage.summarize",
  summary: "Sum usage up",
  description: "By event, model and day (UTC). The last 30 days unless told; at most 92 days.",
  tags: ["Usage"],
  auth: { scopes: ["usage:read"] },
  query: z.object(filterQuery),
  response: { 200: summaryJson },
  handle: async ({ ctx, query, principal: { projectId } }) => {
    const { customerId: customer, event, from, to } = query;
    const walletId = await walletOf(ctx, projectId, customer);
    const summary = await summarizeUsage(ctx.db, projectId, { walletId, event, from, to });
    return reply.ok(renderSummary(summary));
  },
});

const explainRoute = defineRoute<Pick<UsageDoor, "db" | "rateCards">>()({
  method: "get",
  path: "/v1/transactions/:id/explain",
  operationId: "transactions.explain",
  summary: "Explain a transaction",
  description:
    "Why credits moved: in one sentence, and with units, price, rate card, lots and what they cost, hold, request and times.",
  tags: ["Wallets"],
  auth: { scopes: ["wallets:read"] },
  tokens: {
    tools: ["explain_charge"],
    whose: ({ params: { id } }) => ({ walletId: parseTransactionId(id)?.walletId }),
  },
  params: z.object({
    id: z
      .string()
      .min(1)
      .max(64)
      .meta({
        description: "Of a transaction on a statement.",
        examples: ["txn_01k2x3v9g7f6q8r5s4t3w2y1z0_7"],
      }),
  }),
  response: { 200: explanationJson },
  refusals: ["not_found"],
  handle: async ({ ctx, params: { id }, principal }) =>
    reply.ok(renderExplanation(await explainTransaction(ctx, principal.projectId, id))),
});

/** The wallet that is asked for: `undefined` for all of the project, `null` for a customer who has none. */
async function walletOf(
  { db }: ReadContext,
  projectId: Parameters<typeof readWallet>[1],
  customer: string | undefined,
) {
  if (customer === undefined) return undefined;
  return (await readWallet(db, projectId, customer))?.id ?? null;
}

/** The summary stands before the single event: its path would be one of an id. */
export const meteringRoutes = [recordRoute, listRoute, summaryRoute, readRoute, explainRoute];
