import { z } from "zod";
import { creditsToJson, zeroCredits } from "../kernel/credits.js";
import { publicId } from "../kernel/ids.js";
import type { Context } from "../platform/context.js";
import { inTransaction } from "../platform/db/transaction.js";
import { reply } from "../platform/http/reply.js";
import { defineRoute } from "../platform/http/route.js";
import {
  creditsOut,
  lineOfText,
  moneyIn,
  moneyOut,
  nonNegativeCredits,
  pageOf,
  pageQuery,
  positiveCredits,
  renderMoney,
  timeOut,
} from "../platform/http/schemas.js";
import { packCode } from "./pack-code.js";
import { publishPack } from "./publish-pack.js";
import { listPacks, readPack, readPackIfAny } from "./read-packs.js";
import type { CreditPack } from "./rules.js";

type PackContext = Pick<Context, "db">;

const validityDescription = "Days until the credits expire, from the grant. Null: never.";

export const packJson = z
  .object({
    code: z.string(),
    version: z.int().meta({
      description: "Counts up with every change. A purchase keeps the version it bought.",
    }),
    name: z.string().meta({ examples: ["500 credits"] }),
    credits: creditsOut,
    bonusCredits: creditsOut,
    price: moneyOut,
    validityDays: z.int().nullable().meta({ description: validityDescription }),
    onSale: z.boolean(),
    createdAt: timeOut,
  })
  .meta({
    id: "CreditPack",
    examples: [
      {
        code: "starter-500",
        version: 1,
        name: "500 credits",
        credits: 500,
        bonusCredits: 0,
        price: { amount: 999, currency: "usd", display: "$9.99" },
        validityDays: 365,
        onSale: true,
        createdAt: "2026-01-31T12:00:00.000Z",
      },
    ],
  });

const packTerms = z.object({
  name: lineOfText(100).meta({ examples: ["500 credits"] }),
  credits: positiveCredits,
  bonusCredits: nonNegativeCredits.optional(),
  price: moneyIn,
  validityDays: z.int().min(1).max(3_650).nullish().meta({ description: validityDescription }),
  onSale: z.boolean().default(true),
});

/** A pack as the API shows it. */
export function renderPack(pack: CreditPack): z.output<typeof packJson> {
  const { code, version, name, validityDays, onSale } = pack;
  return {
    code,
    version,
    name,
    credits: creditsToJson(pack.credits),
    bonusCredits: creditsToJson(pack.bonusCredits),
    price: renderMoney(pack.price),
    validityDays,
    onSale,
    createdAt: pack.createdAt.toISOString(),
  };
}

const listRoute = defineRoute<PackContext>()({
  method: "get",
  path: "/v1/credit-packs",
  operationId: "creditPacks.list",
  summary: "List credit packs",
  description: "The version in force of every pack, by code, those that are off sale included.",
  tags: ["Credit packs"],
  auth: { scopes: ["packs:read"] },
  tokens: { tools: ["list_credit_packs"], whose: () => "everybody" },
  query: z.object(pageQuery),
  response: { 200: pageOf(packJson) },
  handle: async ({ ctx, query: { limit: size, cursor }, principal }) => {
    const packs = await listPacks(ctx.db, principal.projectId, { size, cursor });
    return reply.ok({ ...packs, data: packs.data.map(renderPack) });
  },
});

const readRoute = defineRoute<PackContext>()({
  method: "get",
  path: "/v1/credit-packs/:code",
  operationId: "creditPacks.get",
  summary: "Read a credit pack",
  tags: ["Credit packs"],
  auth: { scopes: ["packs:read"] },
  tokens: { tools: ["list_credit_packs"], whose: () => "everybody" },
  params: z.object({ code: packCode }),
  response: { 200: packJson },
  refusals: ["not_found"],
  handle: async ({ ctx, params: { code }, principal }) =>
    reply.ok(renderPack(await readPack(ctx.db, principal.projectId, code))),
});

const publishRoute = defineRoute<PackContext>()({
  method: "put",
  path: "/v1/credit-packs/:code",
  operationId: "creditPacks.publish",
  summary: "Publish a credit pack",
  description:
    "Puts these terms in force. Other terms than before become a new version (201); the same terms change nothing (200). Purchases keep the version they were made with.",
  tags: ["Credit packs"],
  auth: { scopes: ["packs:write"] },
  exactNumbers: true,
  params: z.object({ code: packCode }),
  body: packTerms,
  response: { 200: packJson, 201: packJson },
  refusals: ["conflict"],
  example: {
    name: "500 credits",
    credits: 500,
    price: { amount: 999, currency: "usd" },
    validityDays: 365,
  },
  handle: async ({ ctx, params: { code }, body, principal }) => {
    const { projectId } = principal;
    const { bonusCredits = zeroCredits, validityDays = null } = body;
    const terms = { ...body, bonusCredits, validityDays };
    const actor = publicId("apiKey", principal.keyId);
    return inTransaction(ctx.db, async (trx) => {
      const before = await readPackIfAny(trx, projectId, code);
      const pack = await publishPack(trx, projectId, code, terms, actor);
      return reply(pack.version === before?.version ? 200 : 201, renderPack(pack));
    });
  },
});

export const catalogueRoutes = [listRoute, readRoute, publishRoute];
