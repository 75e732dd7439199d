import { z } from "zod";
import { packCode } from "../catalogue/pack-code.js";
import { parsePublicId, publicId } from "../kernel/ids.js";
import { Refusal } from "../kernel/refusals.js";
import { peoplePage } from "../platform/http/page-document.js";
import { redirect } from "../platform/http/reply.js";
import { defineRoute } from "../platform/http/route.js";
import { statementFormats, statementJson } from "../wallets/render-export.js";
import { buyPack } from "./buy-pack.js";
import type { StorefrontContext } from "./context.js";
import { downloadStatement } from "./download-statement.js";
import { readWalletPage } from "./read-wallet-page.js";
import { returnRefusalPage, walletRefusalPage } from "./refusal-pages.js";
import { renderReturn } from "./render-return.js";
import { renderWallet } from "./render-wallet.js";
import { parseRefreshes, withCheckout } from "./rules.js";
import { type ReturnedCheckout, settleReturn } from "./settle-return.js";
import { walletPath } from "./wallet-path.js";

const tags = ["Pages"];
/** Far above every session id and token; longer text is no mistake of a person. */
const secretText = z.string().min(1).max(300);

const showReturn = defineRoute<StorefrontContext>()({
  method: "get",
  path: "/checkout/:purchaseId",
  operationId: "pages.showReturn",
  summary: "The page after paying",
  description:
    "Settles the checkout like its webhook would and says how it went. Once the credits are there, it sends the browser on to the checkout's `successUrl` with `checkout=pur_…` in the query.",
  tags,
  auth: "public",
  params: z.object({ purchaseId: z.string() }),
  query: z.object({
    session_id: secretText.optional(),
    canceled: z.string().optional(),
    refreshes: z.string().optional(),
  }),
  response: { 200: "page", 303: "redirect" },
  refusalPage: returnRefusalPage,
  refusals: ["not_found"],
  handle: async ({ ctx, params, query }) => {
    const purchaseId = parsePublicId("purchase", params.purchaseId);
    if (purchaseId === undefined)
      throw new Refusal("not_found", { detail: "There is no such checkout." });
    const sessionId = query.session_id;
    const returned = await settleReturn(ctx, purchaseId, sessionId);
    const onward = sessionId === undefined ? undefined : onwardUrl(returned);
    if (onward !== undefined) return redirect(onward);
    const refreshes = parseRefreshes(query.refreshes);
    const visit = { sessionId, canceled: query.canceled !== undefined, refreshes };
    return peoplePage(renderReturn(returned, visit));
  },
});

/** Where a buyer goes once the credits are there: the merchant's page, or the wallet that the purchase began at. */
function onwardUrl({
  state,
  purchase,
  walletUrl,
  leadsToWalletPage,
}: ReturnedCheckout): string | undefined {
  if (state !== "credited") return undefined;
  const target = leadsToWalletPage ? walletUrl : purchase.successUrl;
  return target === undefined || target === null
    ? undefined
    : withCheckout(target, publicId("purchase", purchase.id));
}

const showWallet = defineRoute<StorefrontContext>()({
  method: "get",
  path: "/wallet/:token",
  operationId: "pages.showWallet",
  summary: "The wallet page",
  description:
    "A customer's balance, packs to buy and history, for whoever has a valid link of `POST /v1/wallets/{customerId}/links`.",
  tags,
  auth: "public",
  params: z.object({ token: z.string() }),
  query: z.object({
    cursor: z.string().max(200).optional(),
    checkout: z.string().optional(),
  }),
  response: { 200: "page" },
  refusalPage: walletRefusalPage,
  refusals: ["unauthenticated", "not_found"],
  handle: async ({ ctx, params, query }) => {
    const { cursor, checkout } = query;
    const shown = await readWalletPage(ctx, params.token, { cursor, checkout });
    const formOrigins = [...ctx.formOrigins, new URL(ctx.publicUrl).origin];
    return peoplePage(renderWallet(shown, walletPath(ctx.publicUrl, params.token)), {
      formOrigins,
    });
  },
});

const buyFromWallet = defineRoute<StorefrontContext>()({
  method: "post",
  path: "/wallet/:token/checkouts",
  operationId: "pages.buyFromWallet",
  summary: "Buy a pack on the wallet page",
  description:
    "Sends the browser to Stripe. The token is what keeps other sites from using this form.",
  tags,
  auth: "public",
  params: z.object({ token: z.string() }),
  query: z.object({ pack: packCode }),
  response: { 303: "redirect" },
  refusalPage: walletRefusalPage,
  refusals: [
    "unauthenticated",
    "not_found",
    "pack_not_available",
    "stripe_not_connected",
    "stripe_refused",
    "stripe_unavailable",
  ],
  handle: ({ ctx, params, query }) => buyPack(ctx, params.token, query.pack),
});

/** A reload of what a failed purchase left in the address bar. */
const returnToWallet = defineRoute<StorefrontContext>()({
  method: "get",
  path: "/wallet/:token/checkouts",
  operationId: "pages.returnToWallet",
  summary: "Back to the wallet page",
  tags,
  auth: "public",
  params: z.object({ token: z.string() }),
  response: { 303: "redirect" },
  refusalPage: walletRefusalPage,
  refusals: ["unauthenticated"],
  handle: async ({ ctx, params }) => redirect(walletPath(ctx.publicUrl, params.token)),
});

const downloadHistory = defineRoute<StorefrontContext>()({
  method: "get",
  path: "/wallet/:token/statement",
  operationId: "pages.downloadStatement",
  summary: "Download the history",
  description: "The whole history of the wallet as a file, for whoever has a valid link.",
  tags,
  auth: "public",
  params: z.object({ token: z.string() }),
  query: z.object({ format: z.enum(statementFormats).default("csv") }),
  response: { 200: statementJson },
  downloads: true,
  refusalPage: walletRefusalPage,
  refusals: ["unauthenticated"],
  handle: ({ ctx, params, query }) => downloadStatement(ctx, params.token, query.format),
});

export const storefrontRoutes = [
  showReturn,
  showWallet,
  buyFromWallet,
  returnToWallet,
  downloadHistory,
];
