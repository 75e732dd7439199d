import { z } from "zod";
import { holdStates, readHoldTerms } from "../ledger/read-hold.js";
import type { Context } from "../platform/context.js";
import { answerOnce } from "../platform/http/idempotency/answer-once.js";
import { reply } from "../platform/http/reply.js";
import { type AgentCall, defineRoute } from "../platform/http/route.js";
import {
  customerId,
  lineOfText,
  pageOf,
  pageQuery,
  positiveCredits,
  publicIdOf,
} from "../platform/http/schemas.js";
import type { Whose } from "../platform/http/token-access.js";
import { offerTopUp } from "../wallets/offer-top-up.js";
import type { ActOnHold } from "./create-hold-desk.js";
import { extendHold } from "./extend-hold.js";
import { findHold, listHolds } from "./read-holds.js";
import {
  captureJson,
  holdJson,
  holdWithBalanceJson,
  renderCapture,
  renderHold,
  renderHoldOfWallet,
} from "./render.js";
import {
  descriptionLengthMax,
  expiresInSecondsDefault,
  expiresInSecondsMin,
  lifeSecondsMax,
  overCaptures,
} from "./rules.js";

/** What the routes of holds need of their process. */
export interface HoldContext extends Pick<Context, "db" | "vault" | "clock" | "publicUrl"> {
  readonly actOnHold: ActOnHold;
}

const tags = ["Holds"];
const reading = { scopes: ["holds:read"] };
const writing = { scopes: ["holds:write"] };
const ofHold = z.object({ id: publicIdOf("hold") });
/** Tools whose users may look at the holds that they deal with. */
const holding = ["create_hold", "capture_hold", "release_hold"];
const whoseHold = async (call: AgentCall<HoldContext, z.output<typeof ofHold>>): Promise<Whose> => {
  const { projectId } = call.principal;
  const [terms] = (await readHoldTerms(call.ctx.db, projectId, [call.params.id])).values();
  return { walletId: terms?.walletId };
};
const expiresInSeconds = z.int().min(expiresInSecondsMin).max(lifeSecondsMax);

const placeRoute = defineRoute<HoldContext>()({
  method: "post",
  path: "/v1/holds",
  operationId: "holds.create",
  summary: "Set credits aside",
  description:
    "For an action whose cost is not known before: what is set aside cannot be spent by anything else and does not expire meanwhile. Refused with 402 when fewer are available, with what is missing and where to top up. Send `credits`, or the `quoteId` of a frozen price.",
  tags,
  auth: writing,
  tokens: { tools: ["create_hold"], whose: ({ body }) => ({ customerIds: [body.customerId] }) },
  idempotent: true,
  exactNumbers: true,
  body: z.object({
    customerId,
    credits: positiveCredits.optional(),
    quoteId: publicIdOf("quote").optional(),
    expiresInSeconds: expiresInSeconds.default(expiresInSecondsDefault),
    overCapture: z.enum(overCaptures).default("reject").meta({
      description:
        "What a capture of more than is left does: nothing at all, or take the rest from what is available, as far as it goes.",
    }),
    description: lineOfText(descriptionLengthMax)
      .nullish()
      .meta({ description: "For people; it stands on the statement." }),
  }),
  response: { 201: holdWithBalanceJson },
  refusals: [
    "not_found",
    "insufficient_credits",
    "wallet_in_debt",
    "wallet_frozen",
    "wallet_spend_limit",
    "key_spend_limit",
    "agent_budget",
    "hold_limit",
    "quote_expired",
    "quote_redeemed",
    "project_paused",
  ],
  example: {
    customerId: "user_123",
    credits: 20,
    expiresInSeconds: 600,
    description: "a long answer",
  },
  handle: async ({ ctx, body, principal, idempotency }) => {
    const { projectId, keyId: apiKeyId } = principal;
    const { description = null } = body;
    return offerTopUp(ctx, { ...body, principal }, () =>
      ctx.actOnHold({
        projectId,
        apiKeyId,
        idempotency,
        act: "place",
        order: { ...body, description },
        answer: (placed) => reply.created(renderHoldOfWallet(placed)),
      }),
    );
  },
});

const readRoute = defineRoute<HoldContext>()({
  method: "get",
  path: "/v1/holds/:id",
  operationId: "holds.get",
  summary: "Read a hold",
  tags,
  auth: reading,
  tokens: { tools: holding, whose: whoseHold },
  params: ofHold,
  response: { 200: holdWithBalanceJson },
  refusals: ["not_found"],
  handle: async ({ ctx, params, principal }) =>
    reply.ok(renderHoldOfWallet(await findHold(ctx.db, principal.projectId, params.id))),
});

const listRoute = defineRoute<HoldContext>()({
  method: "get",
  path: "/v1/holds",
  operationId: "holds.list",
  summary: "List a customer's holds",
  description: "The newest first.",
  tags,
  auth: reading,
  tokens: { tools: holding, whose: ({ query }) => ({ customerIds: [query.customerId] }) },
  query: z.object({
    ...pageQuery,
    customerId,
    state: z.enum(holdStates).optional().meta({ description: "Only those in this state." }),
  }),
  response: { 200: pageOf(holdJson) },
  handle: async ({ ctx, query: { limit: size, cursor, state, ...of }, principal }) => {
    const asked = { size, cursor, state };
    const page = await listHolds(ctx.db, principal.projectId, of.customerId, asked);
    return reply.ok({ ...page, data: page.data.map((hold) => renderHold(hold, of.customerId)) });
  },
});

const captureRoute = defineRoute<HoldContext>()({
  method: "post",
  path: "/v1/holds/:id/captures",
  operationId: "holds.capture",
  summary: "Spend from a hold",
  description:
    "Any amount up to what is left, as often as something is left; `close` gives the rest back. More than is left is treated as the hold says (`overCapture`). Works in a frozen wallet.",
  tags,
  auth: writing,
  tokens: { tools: ["capture_hold"], whose: whoseHold },
  idempotent: true,
  exactNumbers: true,
  params: ofHold,
  body: z.object({ credits: positiveCredits, close: z.boolean().default(false) }),
  response: { 201: captureJson },
  refusals: ["not_found", "hold_not_open", "hold_exceeded", "project_paused"],
  example: { credits: 12.5, close: true },
  handle: async ({ ctx, params: { id: holdId }, body, principal, idempotency }) =>
    ctx.actOnHold({
      projectId: principal.projectId,
      apiKeyId: principal.keyId,
      idempotency,
      act: "capture",
      order: { ...body, holdId },
      answer: (captured) => reply.created(renderCapture(captured)),
    }),
});

const releaseRoute = defineRoute<HoldContext>()({
  method: "post",
  path: "/v1/holds/:id/release",
  operationId: "holds.release",
  summary: "Give back what is left of a hold",
  description: "What the wallet owes is paid with it first.",
  tags,
  auth: writing,
  tokens: { tools: ["release_hold"], whose: whoseHold },
  idempotent: true,
  exactNumbers: true,
  params: ofHold,
  response: { 200: holdWithBalanceJson },
  refusals: ["not_found", "hold_not_open", "project_paused"],
  example: {},
  handle: async ({ ctx, params, principal, idempotency }) =>
    ctx.actOnHold({
      projectId: principal.projectId,
      apiKeyId: principal.keyId,
      idempotency,
      act: "release",
      order: { holdId: params.id },
      answer: (released) => reply.ok(renderHoldOfWallet(released)),
    }),
});

const extendRoute = defineRoute<HoldContext>()({
  method: "post",
  path: "/v1/holds/:id/extend",
  operationId: "holds.extend",
  summary: "Let a hold last longer",
  description: "Until so many seconds from now, at most a day after it was placed.",
  tags,
  auth: writing,
  tokens: { tools: ["create_hold"], whose: whoseHold },
  idempotent: true,
  exactNumbers: true,
  params: ofHold,
  body: z.object({ expiresInSeconds }),
  response: { 200: holdWithBalanceJson },
  refusals: ["not_found", "hold_not_open", "conflict"],
  example: { expiresInSeconds: 1_200 },
  handle: async ({ ctx, params, body, principal, idempotency }) =>
    answerOnce(ctx.db, idempotency, async (trx) => {
      const { projectId, keyId: apiKeyId } = principal;
      const order = { ...body, holdId: params.id, apiKeyId };
      const extended = await extendHold(trx, projectId, order);
      return reply.ok(renderHoldOfWallet(extended));
    }),
});

export const holdRoutes = [
  placeRoute,
  readRoute,
  listRoute,
  captureRoute,
  releaseRoute,
  extendRoute,
];
