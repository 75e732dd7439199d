import type { Route } from "../../src/platform/http/route.js";
import { z } from "zod";
import { operationsCases } from "./operations-cases.js";
import { type Named, of, page, type RouteCase } from "./route-case.js";
import type { Kind } from "./shops.js";
import type { Asked } from "./send.js";

const wallet = { customerId: of("customer") };
const usageFilter = {
  customerId: of("customer"),
  event: of("event"),
  from: new Date(Date.now() - 86_400_000).toISOString(),
  to: undefined,
};

/**
 * The table that the tests of isolation and authentication are made from. A route or a field that is missing here
 * fails them by name. A cursor of transactions is the number of a line, which every wallet has.
 */
export const routeCases: Readonly<Record<string, RouteCase>> = {
  "creditPacks.list": {
    query: { limit: "20", cursor: of("packCursor") },
    unknown: { packCursor: 200 },
  },
  "creditPacks.get": { params: { code: of("pack") } },
  "creditPacks.publish": {
    params: { code: of("pack") },
    body: {
      name: "a name",
      credits: 5,
      bonusCredits: 1,
      price: { amount: 500, currency: "usd" },
      validityDays: 30,
      onSale: true,
    },
    unknown: { pack: 201 },
  },
  "purchases.list": {
    query: {
      ...page,
      customerId: of("customer"),
      status: "partially_refunded",
      from: new Date(Date.now() - 86_400_000).toISOString(),
      to: undefined,
    },
    unknown: { customer: 200 },
  },
  "purchases.get": { params: { id: of("purchase") } },
  "purchases.refund": {
    params: { id: of("refundable") },
    body: { credits: 5, amount: undefined, dryRun: false },
  },
  "purchases.listRefunds": { params: { id: of("refundable") }, query: page },
  "wallets.get": { params: wallet, unknown: { customer: 200 } },
  "transactions.list": { params: wallet, query: page, unknown: { customer: 200 } },
  "wallets.exportStatement": {
    params: wallet,
    query: { from: "2026-01-31", to: undefined, format: "csv" },
    unknown: { customer: 200 },
  },
  "wallets.grant": {
    params: wallet,
    body: { credits: 5, reason: "a gift", expiresInDays: 30, priority: 50 },
    unknown: { customer: 201 },
  },
  "wallets.correct": {
    params: wallet,
    body: { credits: -5, reason: "a correction" },
    unknown: { customer: 402 },
  },
  "wallets.createLink": {
    params: wallet,
    body: { expiresInSeconds: 600 },
    unknown: { customer: 201 },
  },
  "wallets.getSpendLimits": { params: wallet },
  "wallets.setSpendLimits": {
    params: wallet,
    body: { perMinute: 90_000, perDay: null, perMonth: "900000.5" },
  },
  "apiKeys.getSpendLimits": { params: { keyId: of("apiKey") } },
  "apiKeys.setSpendLimits": {
    params: { keyId: of("apiKey") },
    body: { perMinute: null, perDay: 90_000, perMonth: 900_000 },
  },
  // The frozen wallet is unfrozen by the next case, so that it can be spent from after these.
  "wallets.freeze": { params: wallet, body: { reason: "a dispute" } },
  "wallets.unfreeze": { params: wallet, body: { reason: "it was settled" } },
  "rateCards.getCurrent": {},
  "rateCards.publish": {
    body: {
      events: { "chat.reply": { price: { type: "quantity", credits: "0.000002", per: 10 } } },
      shortfall: { policy: "reject" },
    },
  },
  "rateCards.list": { query: page },
  "rateCards.get": { params: { version: "1" } },
  "quotes.create": {
    body: {
      customerId: of("customer"),
      event: "chat.reply",
      quantity: 7,
      properties: { model: "gpt-x" },
      freezeSeconds: 60,
    },
  },
  "holds.create": {
    body: {
      customerId: of("customer"),
      credits: undefined,
      quoteId: of("quote"),
      expiresInSeconds: 600,
      overCapture: "upToAvailable",
      description: "a long answer",
    },
  },
  "holds.get": { params: { id: of("hold") } },
  "holds.list": {
    query: { ...page, customerId: of("customer"), state: "open" },
    unknown: { customer: 200 },
  },
  "holds.capture": { params: { id: of("hold") }, body: { credits: 1, close: false } },
  "holds.release": { params: { id: of("holdToRelease") } },
  "holds.extend": { params: { id: of("hold") }, body: { expiresInSeconds: 1_200 } },
  // With a hold it is applied before the answer, so that each case says what happened.
  "usage.record": {
    body: {
      id: undefined,
      customerId: of("customer"),
      event: "chat.reply",
      credits: undefined,
      quantity: 7,
      properties: { model: "gpt-x" },
      at: undefined,
      holdId: of("hold"),
      quoteId: undefined,
      metadata: { conversation: "c_42" },
    },
  },
  "usage.get": { params: { id: of("usage") } },
  "usage.list": { query: { ...page, ...usageFilter }, unknown: { customer: 200, event: 200 } },
  "usage.summarize": { query: usageFilter, unknown: { customer: 200, event: 200 } },
  "transactions.explain": { params: { id: of("transaction") } },
  "checkouts.create": {
    body: {
      customerId: of("customer"),
      creditPackCode: of("pack"),
      successUrl: of("origin"),
      cancelUrl: of("origin"),
      allowPromotionCodes: true,
    },
    unknown: { customer: 201, origin: 422 },
  },
  "checkouts.get": { params: { id: of("purchase") }, query: { wait: "0" } },
  ...operationsCases,
  "reports.getMonth": { query: { month: new Date().toISOString().slice(0, 7), format: "json" } },
  "agentTokens.create": {
    body: {
      customerId: of("customer"),
      name: "an agent",
      tools: ["get_wallet"],
      perCall: 1,
      perDay: "2.5",
      total: 3,
      expiresInSeconds: 600,
      namesPrices: false,
    },
    unknown: { customer: 201 },
    alsoNeeds: ["wallets:read"],
  },
  "agentTokens.list": {
    query: { ...page, customerId: of("customer") },
    unknown: { customer: 200 },
  },
  "agentTokens.get": { params: { id: of("agentToken") } },
  "agentTokens.revoke": { params: { id: of("agentToken") }, body: {} },
  "agentTokens.self": {},
  // Whoever has the session of a checkout, or the token of a wallet, may see its page.
  "pages.showReturn": {
    params: { purchaseId: of("purchase") },
    query: { session_id: of("session"), canceled: undefined, refreshes: "1" },
  },
  "pages.showWallet": {
    params: { token: of("token") },
    query: { cursor: undefined, checkout: of("purchase") },
    unknown: { purchase: 200 },
  },
  "pages.buyFromWallet": { params: { token: of("token") }, query: { pack: of("pack") }, body: {} },
  "pages.returnToWallet": { params: { token: of("token") } },
  "pages.downloadStatement": { params: { token: of("token") }, query: { format: "csv" } },
  "docs.show": {},
  "docs.showErrors": {},
  "docs.getOpenApi": {},
  "docs.getLlms": {},
  "docs.getFront": {},
};

/** The parameters of a route that have no value in the table, and the values that have no parameter. */
export function gapsOf(route: Route<never>): readonly string[] {
  const known = routeCases[route.operationId];
  if (known === undefined) return [`${route.operationId} has no case in test/api/route-cases.ts`];
  const declared = [
    ...placesOf("params", route.params.shape),
    ...placesOf("query", route.query.shape),
    ...placesOf("body", fieldsOf(route.body)),
  ];
  const given = [
    ...placesOf("params", known.params ?? {}),
    ...placesOf("query", known.query ?? {}),
    ...placesOf("body", known.body ?? {}),
  ];
  return [
    ...declared
      .filter((place) => !given.includes(place))
      .map((place) => `${route.operationId} has no value for ${place}`),
    ...given
      .filter((place) => !declared.includes(place))
      .map((place) => `${route.operationId} takes no ${place}`),
  ];
}

/** Of a body that is one thing or a list of them, those of the one thing. */
function fieldsOf(body: unknown): object {
  if (body instanceof z.ZodUnion) return fieldsOf(body.options[0]);
  return body instanceof z.ZodObject ? body.shape : {};
}

const placesOf = (part: string, fields: object) =>
  Object.keys(fields).map((name) => `${part}.${name}`);

/** Where a case names something: `params.code`, `body.customerId`. */
export function namedPlaces({
  params,
  query,
  body,
}: RouteCase): readonly (readonly [string, Kind])[] {
  return Object.entries({ params, query, body }).flatMap(([part, fields]) =>
    Object.entries(fields ?? {}).flatMap(([name, value]) =>
      isNamed(value) ? [[`${part}.${name}`, value.names] as const] : [],
    ),
  );
}

function isNamed(value: unknown): value is Named {
  return typeof value === "object" && value !== null && "names" in value;
}

/** The request of a route, with the value that `nameAt` gives for each place that names something. */
export function requestOf(
  route: Pick<Route<never>, "method" | "path" | "operationId" | "body">,
  nameAt: (place: string, kind: Kind) => string,
): Asked {
  const { params = {}, query = {}, body = {} } = routeCases[route.operationId] ?? {};
  const filled = (part: string, fields: Readonly<Record<string, unknown>>) =>
    Object.entries(fields).map(([name, value]): [string, unknown] => [
      name,
      isNamed(value) ? nameAt(`${part}.${name}`, value.names) : value,
    ]);
  const path = filled("params", params).reduce(
    (before, [name, value]) => before.replace(`:${name}`, encodeURIComponent(String(value))),
    route.path,
  );
  const search = new URLSearchParams(
    filled("query", query).flatMap(([name, value]): [string, string][] =>
      value === undefined ? [] : [[name, String(value)]],
    ),
  ).toString();
  return {
    method: route.method.toUpperCase(),
    path: search === "" ? path : `${path}?${search}`,
    ...(route.body === undefined ? {} : { body: Object.fromEntries(filled("body", body)) }),
  };
}
