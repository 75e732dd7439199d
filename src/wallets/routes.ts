import { z } from "zod";
import { publicId } from "../kernel/ids.js";
import { openWallet } from "../ledger/open-wallet.js";
import { readWallet } from "../ledger/read-wallet.js";
import { lotPriorityDefault, lotPriorityMax } from "../ledger/lots.js";
import type { Context } from "../platform/context.js";
import { answerOnce } from "../platform/http/idempotency/answer-once.js";
import { reply } from "../platform/http/reply.js";
import { defineRoute } from "../platform/http/route.js";
import {
  customerId,
  lineOfText,
  pageOf,
  pageQuery,
  positiveCredits,
  signedCredits,
  timeIn,
  timeOut,
} from "../platform/http/schemas.js";
import { correctCredits } from "./correct-credits.js";
import { createWalletLink } from "./create-wallet-link.js";
import { exportStatement } from "./export-statement.js";
import { grantCredits } from "./grant-credits.js";
import { linkTtlSecondsDefault, linkTtlSecondsMax, linkTtlSecondsMin } from "./links.js";
import { readTransactions } from "./read-transactions.js";
import {
  adjustmentJson,
  renderAdjustment,
  renderTransaction,
  renderWallet,
  transactionJson,
  walletJson,
} from "./render.js";
import { renderExport, statementFormats, statementJson } from "./render-export.js";
import { expiresInDaysMax, reasonLengthMax } from "./rules.js";

type WalletContext = Pick<Context, "db" | "vault" | "clock" | "publicUrl">;

const walletLinkJson = z
  .object({
    url: z.url().meta({
      description: "Send the browser here.",
      examples: ["https://credits.example.com/wallet/wlt1.eyJ3IjoiMDFrMngzdjlnN2Y2In0"],
    }),
    expiresAt: timeOut,
  })
  .meta({ id: "WalletLink" });

const ofCustomer = z.object({ customerId });
const reason = lineOfText(reasonLengthMax).meta({
  description: "For people; it stands on the statement.",
  examples: ["welcome credits"],
});

const readRoute = defineRoute<WalletContext>()({
  method: "get",
  path: "/v1/wallets/:customerId",
  operationId: "wallets.get",
  summary: "Read a wallet",
  description: "A customer who never had credits has an empty wallet. Reading writes nothing.",
  tags: ["Wallets"],
  auth: { scopes: ["wallets:read"] },
  tokens: { tools: ["get_wallet"], whose: ({ params }) => ({ customerIds: [params.customerId] }) },
  params: ofCustomer,
  response: { 200: walletJson },
  handle: async ({ ctx, params, principal }) => {
    const wallet = await readWallet(ctx.db, principal.projectId, params.customerId);
    const json = renderWallet(params.customerId, wallet);
    if (principal.kind !== "agent" || json.frozen === null) return reply.ok(json);
    // What operators say of a customer is not for the customer's agent.
    return reply.ok({ ...json, frozen: { ...json.frozen, reason: null } });
  },
});

const transactionsRoute = defineRoute<WalletContext>()({
  method: "get",
  path: "/v1/wallets/:customerId/transactions",
  operationId: "transactions.list",
  summary: "List a wallet's transactions",
  description: "The newest first, each with the balance right after it.",
  tags: ["Wallets"],
  auth: { scopes: ["wallets:read"] },
  tokens: {
    tools: ["list_transactions", "explain_charge"],
    whose: ({ params }) => ({ customerIds: [params.customerId] }),
  },
  params: ofCustomer,
  query: z.object(pageQuery),
  response: { 200: pageOf(transactionJson) },
  handle: async ({ ctx, params, query: { limit: size, cursor }, principal }) => {
    const { projectId } = principal;
    const page = await readTransactions(ctx.db, projectId, params.customerId, { size, cursor });
    return reply.ok({ ...page, data: page.data.map(renderTransaction) });
  },
});

const statementRoute = defineRoute<WalletContext>()({
  method: "get",
  path: "/v1/wallets/:customerId/statement",
  operationId: "wallets.exportStatement",
  summary: "Export a wallet's statement",
  description:
    "Every transaction of a period, the oldest first, between the opening and the closing balance, as one file that is sent while it is read. JSON, or CSV after RFC 4180 with `format=csv`, where text that a spreadsheet would run as a formula has an apostrophe in front.",
  tags: ["Wallets"],
  auth: { scopes: ["wallets:read"] },
  tokens: {
    tools: ["list_transactions"],
    whose: ({ params }) => ({ customerIds: [params.customerId] }),
  },
  params: ofCustomer,
  query: z.object({
    from: timeIn
      .optional()
      .meta({ description: "At or after this day or time.", examples: ["2026-01-01"] }),
    to: timeIn
      .optional()
      .meta({ description: "Before this day or time.", examples: ["2026-02-01"] }),
    format: z.enum(statementFormats).default("json").meta({ description: "What the file is." }),
  }),
  response: { 200: statementJson },
  downloads: true,
  handle: async ({ ctx, params, query: { from, to, format }, principal }) => {
    const { projectId } = principal;
    const statement = await exportStatement(ctx.db, projectId, params.customerId, { from, to });
    return renderExport(statement, format);
  },
});

const grantRoute = defineRoute<WalletContext>()({
  method: "post",
  path: "/v1/wallets/:customerId/grants",
  operationId: "wallets.grant",
  summary: "Give credits",
  description: "Gives credits for nothing. Opens the wallet on first touch.",
  tags: ["Wallets"],
  auth: { scopes: ["wallets:adjust"] },
  idempotent: true,
  exactNumbers: true,
  params: ofCustomer,
  body: z.object({
    credits: positiveCredits,
    reason,
    expiresInDays: z.int().min(1).max(expiresInDaysMax).nullish(),
    priority: z
      .int()
      .min(0)
      .max(lotPriorityMax)
      .optional()
      .meta({
        description: `When they are spent: lower first, then what expires sooner. ${lotPriorityDefault} without it, as bought credits have.`,
      }),
  }),
  response: { 201: adjustmentJson },
  refusals: ["balance_limit"],
  example: { credits: 47, reason: "welcome credits" },
  handle: async ({ ctx, params, body, principal, idempotency }) =>
    answerOnce(ctx.db, idempotency, async (trx) => {
      const grant = { ...body, ...params, projectId: principal.projectId };
      const granted = await grantCredits(trx, grant, publicId("apiKey", principal.keyId));
      return reply.created(renderAdjustment(granted));
    }),
});

const correctRoute = defineRoute<WalletContext>()({
  method: "post",
  path: "/v1/wallets/:customerId/corrections",
  operationId: "wallets.correct",
  summary: "Correct a wallet",
  description:
    "Adds credits, or takes them away when negative, in the order in which they would be spent. Refused with 402 when fewer are available.",
  tags: ["Wallets"],
  auth: { scopes: ["wallets:adjust"] },
  idempotent: true,
  exactNumbers: true,
  params: ofCustomer,
  body: z.object({ credits: signedCredits, reason }),
  response: { 201: adjustmentJson },
  refusals: ["insufficient_credits", "balance_limit"],
  example: { credits: -12.5, reason: "charged twice by mistake of ours" },
  handle: async ({ ctx, params, body, principal, idempotency }) =>
    answerOnce(ctx.db, idempotency, async (trx) => {
      const correction = { ...body, ...params, projectId: principal.projectId };
      const corrected = await correctCredits(trx, correction, publicId("apiKey", principal.keyId));
      return reply.created(renderAdjustment(corrected));
    }),
});

const linkRoute = defineRoute<WalletContext>()({
  method: "post",
  path: "/v1/wallets/:customerId/links",
  operationId: "wallets.createLink",
  summary: "Link to the wallet page",
  description:
    "Whoever has the link sees the wallet until it expires, without logging in. Opens the wallet on first touch.",
  tags: ["Wallets"],
  auth: { scopes: ["wallets:read"] },
  params: ofCustomer,
  body: z.object({
    expiresInSeconds: z
      .int()
      .min(linkTtlSecondsMin)
      .max(linkTtlSecondsMax)
      .default(linkTtlSecondsDefault),
  }),
  response: { 201: walletLinkJson },
  example: { expiresInSeconds: 3_600 },
  handle: async ({ ctx, params, body, principal }) => {
    const wallet = await openWallet(ctx.db, principal.projectId, params.customerId);
    const { url, expiresAt } = createWalletLink(ctx, wallet, body.expiresInSeconds);
    return reply.created({ url, expiresAt: expiresAt.toISOString() });
  },
});

export const walletRoutes = [
  readRoute,
  transactionsRoute,
  statementRoute,
  grantRoute,
  correctRoute,
  linkRoute,
];
