import { z } from "zod";
import { publicId } from "../kernel/ids.js";
import type { Context } from "../platform/context.js";
import { inTransaction } from "../platform/db/transaction.js";
import type { Principal } from "../platform/http/principal.js";
import { reply } from "../platform/http/reply.js";
import { defineRoute } from "../platform/http/route.js";
import {
  customerId,
  lineOfText,
  nonNegativeCredits,
  publicIdOf,
} from "../platform/http/schemas.js";
import { renderWallet, walletJson } from "../wallets/render.js";
import { freezeReasonLengthMax, freezeWallet, unfreezeWallet } from "./freeze-wallet.js";
import { readKeyLimits, readWalletLimits } from "./read-limits.js";
import { keyLimitsJson, renderKeyLimits, renderWalletLimits, walletLimitsJson } from "./render.js";
import type { Limits } from "./rules.js";
import { setKeyLimits } from "./set-key-limits.js";
import { setWalletLimits } from "./set-wallet-limits.js";

type LimitsContext = Pick<Context, "db">;

const ofCustomer = z.object({ customerId });
const ofKey = z.object({ keyId: publicIdOf("apiKey") });
const actorOf = ({ keyId }: Principal) => publicId("apiKey", keyId);

const limit = nonNegativeCredits.nullish().meta({
  description: "Credits; 0 stops all spending. Null, or left out, is no limit.",
});
const limitsIn = z.object({ perMinute: limit, perDay: limit, perMonth: limit });

/** A PUT says all: what it leaves out is not limited. */
function toLimits({ perMinute, perDay, perMonth }: z.output<typeof limitsIn>): Limits {
  return { minute: perMinute ?? null, day: perDay ?? null, month: perMonth ?? null };
}

const rule =
  "Windows are the minutes, days and months of the calendar in UTC. A hold counts in full when it is placed; what it gives back is counted off within the same window.";

const readWalletLimitsRoute = defineRoute<LimitsContext>()({
  method: "get",
  path: "/v1/wallets/:customerId/spend-limits",
  operationId: "wallets.getSpendLimits",
  summary: "Read a wallet's spend limits",
  description: rule,
  tags: ["Limits"],
  auth: { scopes: ["wallets:read"] },
  params: ofCustomer,
  response: { 200: walletLimitsJson },
  refusals: ["not_found"],
  handle: async ({ ctx, params, principal }) => {
    const limits = await readWalletLimits(ctx.db, principal.projectId, params.customerId);
    return reply.ok(renderWalletLimits(params.customerId, limits));
  },
});

const setWalletLimitsRoute = defineRoute<LimitsContext>()({
  method: "put",
  path: "/v1/wallets/:customerId/spend-limits",
  operationId: "wallets.setSpendLimits",
  summary: "Limit what a wallet spends",
  description: `Replaces all three limits. They hold from the answer on. The first limit begins to count; without any limit nothing is counted, and what was counted is forgotten. ${rule}`,
  tags: ["Limits"],
  auth: { scopes: ["wallets:control"] },
  exactNumbers: true,
  params: ofCustomer,
  body: limitsIn,
  response: { 200: walletLimitsJson },
  refusals: ["not_found"],
  example: { perMinute: 50, perDay: 400, perMonth: null },
  handle: async ({ ctx, params, body, principal }) => {
    const owner = { projectId: principal.projectId, customerId: params.customerId };
    const limits = await inTransaction(ctx.db, (trx) =>
      setWalletLimits(trx, owner, toLimits(body), actorOf(principal)),
    );
    return reply.ok(renderWalletLimits(params.customerId, limits));
  },
});

const readKeyLimitsRoute = defineRoute<LimitsContext>()({
  method: "get",
  path: "/v1/api-keys/:keyId/spend-limits",
  operationId: "apiKeys.getSpendLimits",
  summary: "Read an API key's spend limits",
  description: rule,
  tags: ["Limits"],
  auth: { scopes: ["wallets:control"] },
  params: ofKey,
  response: { 200: keyLimitsJson },
  refusals: ["not_found"],
  handle: async ({ ctx, params: { keyId }, principal }) =>
    reply.ok(renderKeyLimits(keyId, await readKeyLimits(ctx.db, principal.projectId, keyId))),
});

const setKeyLimitsRoute = defineRoute<LimitsContext>()({
  method: "put",
  path: "/v1/api-keys/:keyId/spend-limits",
  operationId: "apiKeys.setSpendLimits",
  summary: "Limit what is spent with an API key",
  description: `Over all wallets together. Replaces all three limits. The budget of an agent token is fixed when it is made, so that is refused. They hold from the answer on, which waits for spends that are under way. The first limit begins to count; without any limit nothing is counted, and what was counted is forgotten. ${rule}`,
  tags: ["Limits"],
  auth: { scopes: ["wallets:control"] },
  exactNumbers: true,
  params: ofKey,
  body: limitsIn,
  response: { 200: keyLimitsJson },
  refusals: ["not_found", "conflict"],
  example: { perDay: 10_000 },
  handle: async ({ ctx, params: { keyId: id }, body, principal }) => {
    const key = { projectId: principal.projectId, id };
    const limits = await setKeyLimits(ctx.db, key, toLimits(body), actorOf(principal));
    return reply.ok(renderKeyLimits(id, limits));
  },
});

const freezeRoute = defineRoute<LimitsContext>()({
  method: "post",
  path: "/v1/wallets/:customerId/freeze",
  operationId: "wallets.freeze",
  summary: "Freeze a wallet",
  description:
    "From the answer on nothing is spent and no new hold is placed. Open holds can be captured, and credits still arrive. A wallet that is frozen already keeps its first reason and time, as the answer shows.",
  tags: ["Limits"],
  auth: { scopes: ["wallets:control"] },
  tokens: { tools: ["freeze_wallet"] },
  params: ofCustomer,
  body: z.object({
    reason: lineOfText(freezeReasonLengthMax).meta({
      description: "For operators and the audit log; the customer does not see it.",
    }),
  }),
  response: { 200: walletJson },
  refusals: ["not_found"],
  example: { reason: "asked by support, ticket 4711" },
  handle: async ({ ctx, params, body, principal }) => {
    const order = { ...body, ...params, projectId: principal.projectId };
    const { wallet } = await inTransaction(ctx.db, (trx) =>
      freezeWallet(trx, order, actorOf(principal)),
    );
    return reply.ok(renderWallet(params.customerId, wallet));
  },
});

const unfreezeRoute = defineRoute<LimitsContext>()({
  method: "post",
  path: "/v1/wallets/:customerId/unfreeze",
  operationId: "wallets.unfreeze",
  summary: "Unfreeze a wallet",
  description: "Lets it be spent from again. A wallet that is not frozen stays as it is.",
  tags: ["Limits"],
  auth: { scopes: ["wallets:control"] },
  tokens: { tools: ["unfreeze_wallet"] },
  params: ofCustomer,
  body: z.object({
    reason: lineOfText(freezeReasonLengthMax).nullish().meta({ description: "For the audit log." }),
  }),
  response: { 200: walletJson },
  refusals: ["not_found"],
  example: { reason: "settled" },
  handle: async ({ ctx, params, body, principal }) => {
    const order = { ...params, projectId: principal.projectId, reason: body.reason ?? null };
    const { wallet } = await inTransaction(ctx.db, (trx) =>
      unfreezeWallet(trx, order, actorOf(principal)),
    );
    return reply.ok(renderWallet(params.customerId, wallet));
  },
});

export const limitRoutes = [
  readWalletLimitsRoute,
  setWalletLimitsRoute,
  readKeyLimitsRoute,
  setKeyLimitsRoute,
  freezeRoute,
  unfreezeRoute,
];
