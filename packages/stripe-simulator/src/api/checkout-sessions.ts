import { invalidRequest } from "../api-error.js";
import { discountFrom, withDiscount } from "../acts/apply-coupon.js";
import { draftLines } from "../acts/draft-lines.js";
import { keep } from "../acts/emit.js";
import { currentSession, expireSession } from "../acts/pay-session.js";
import { type ApiCall, listAnswer, route } from "../http/route.js";
import { isObject, type JsonObject } from "../json.js";
import { flag, integer, metadataFrom, table, text } from "../params/read.js";
import { listObject, show, showLineItems } from "../render.js";
import type { SessionRecord } from "../resources/checkout-session.js";
import { born, type Scene } from "../simulation.js";
import { pageLimit } from "../store/list-records.js";
import { livingCustomer } from "./customers.js";
import { mustFind } from "./find.js";

const shortestSeconds = 30 * 60;
const longestSeconds = 24 * 3_600;

function expiryOf(scene: Scene, params: JsonObject): number {
  const now = scene.simulation.now();
  const expiresAt = integer(params, "expires_at") ?? now + longestSeconds;
  if (expiresAt < now + shortestSeconds - 5) {
    throw invalidRequest(
      "The `expires_at` timestamp must be at least 30 minutes from Checkout Session creation.",
      "expires_at",
    );
  }
  if (expiresAt > now + longestSeconds + 5) {
    throw invalidRequest(
      "The `expires_at` timestamp must be less than 24 hours from Checkout Session creation.",
      "expires_at",
    );
  }
  return expiresAt;
}

function urlFrom(params: JsonObject, name: string): string | null {
  const url = text(params, name);
  if (url === null) return null;
  if (url.length > 5_000 || !/^https?:\/\//.test(url) || !URL.canParse(url)) {
    throw invalidRequest(
      "Not a valid URL. URLs must begin with http or https and be at most 5000 characters.",
      name,
      "url_invalid",
    );
  }
  return url;
}

function checkMode(params: JsonObject): void {
  const mode = text(params, "mode");
  if (mode === null)
    throw invalidRequest("Missing required param: mode.", "mode", "parameter_missing");
  if (mode !== "payment") {
    throw invalidRequest(`The simulator knows only mode payment, not ${mode}.`, "mode");
  }
  const ui = text(params, "ui_mode");
  if (ui !== null && ui !== "hosted_page") {
    throw invalidRequest(`The simulator knows only ui_mode hosted_page, not ${ui}.`, "ui_mode");
  }
  if (params["customer"] !== undefined && params["customer_email"] !== undefined) {
    throw invalidRequest("You may only specify one of these parameters: customer, customer_email.");
  }
  if (params["discounts"] !== undefined && params["allow_promotion_codes"] !== undefined) {
    throw invalidRequest(
      "You may only specify one of these parameters: allow_promotion_codes, discounts.",
    );
  }
}

function intentDataFrom(params: JsonObject): SessionRecord["paymentIntentData"] {
  const data = table(params, "payment_intent_data");
  return {
    description: text(data, "description"),
    metadata: metadataFrom(data),
    receiptEmail: text(data, "receipt_email"),
    setupFutureUsage: text(data, "setup_future_usage"),
  };
}

function draftSession(scene: Scene, params: JsonObject): SessionRecord {
  checkMode(params);
  const successUrl = urlFrom(params, "success_url");
  if (successUrl === null) {
    throw invalidRequest(
      "Missing required param: success_url.",
      "success_url",
      "parameter_missing",
    );
  }
  const customer = text(params, "customer");
  if (customer !== null) livingCustomer(scene, customer, "customer");
  const expiresAt = expiryOf(scene, params);
  const cancelUrl = urlFrom(params, "cancel_url");
  const lines = draftLines(scene, params);
  const subtotal = lines.reduce((sum, line) => sum + line.amountSubtotal, 0);
  const { id, created } = born(scene, "cs", 58);
  const reference = text(params, "client_reference_id");
  if (reference !== null && reference.length > 200) {
    throw invalidRequest("Must be at most 200 characters.", "client_reference_id");
  }
  const creation = text(params, "customer_creation") === "always" ? "always" : "if_required";
  return {
    kind: "checkout.session",
    id,
    created,
    adaptivePricing:
      params["adaptive_pricing"] === undefined ||
      flag(table(params, "adaptive_pricing"), "enabled"),
    allowPromotionCodes:
      params["allow_promotion_codes"] === undefined ? null : flag(params, "allow_promotion_codes"),
    amountDiscount: 0,
    amountSubtotal: subtotal,
    amountTotal: subtotal,
    cancelUrl,
    clientReferenceId: reference,
    currency: lines[0]?.currency ?? "usd",
    customer,
    customerCreation: customer === null ? creation : null,
    customerEmail: text(params, "customer_email"),
    payerEmail: null,
    discounts: [],
    delayedOutcome: null,
    expiresAt,
    lines,
    lineOverrides: {},
    livemode: scene.book.livemode,
    locale: text(params, "locale"),
    metadata: metadataFrom(params),
    paymentIntent: null,
    paymentIntentData: intentDataFrom(params),
    paymentStatus: "unpaid",
    status: "open",
    submitType: text(params, "submit_type"),
    successUrl,
  };
}

function create({ scene, params }: ApiCall): JsonObject {
  const drafted = draftSession(scene, params);
  const discount = discountFrom(scene, params);
  const session = discount === null ? drafted : withDiscount(drafted, discount);
  if (session.amountTotal > 0 && session.amountTotal < 1) {
    throw invalidRequest("The total is too small.", undefined, "amount_too_small");
  }
  return show(scene, keep(scene, session));
}

function find(scene: Scene, id: string): SessionRecord {
  return currentSession(scene, mustFind(scene, "checkout.session", id));
}

function update({ scene, params, id }: ApiCall): JsonObject {
  const session = find(scene, id);
  return show(scene, keep(scene, { ...session, metadata: metadataFrom(params, session.metadata) }));
}

function expire({ scene, id }: ApiCall): JsonObject {
  const session = find(scene, id);
  if (session.status !== "open") {
    throw invalidRequest(
      `Only Checkout Sessions with a status in ["open"] can be expired. This Checkout Session has a status of \`${session.status}\`.`,
    );
  }
  return show(scene, expireSession(scene, session));
}

function list(call: ApiCall): JsonObject {
  const { params, scene } = call;
  const intent = text(params, "payment_intent");
  const customer = text(params, "customer");
  const status = text(params, "status");
  const email = table(params, "customer_details")["email"];
  const indexKey =
    intent !== null
      ? `checkout.session|payment_intent|${intent}`
      : customer !== null
        ? `checkout.session|customer|${customer}`
        : status === "open"
          ? "checkout.session|status|open"
          : undefined;
  return listAnswer(call, {
    kind: "checkout.session",
    ...(indexKey === undefined ? {} : { indexKey }),
    keep: (record) => {
      if (record.kind !== "checkout.session") return false;
      const session = record.status === "open" ? currentSession(scene, record) : record;
      return (
        (status === null || session.status === status) &&
        (customer === null || session.customer === customer) &&
        (typeof email !== "string" || (session.payerEmail ?? session.customerEmail) === email)
      );
    },
  });
}

function listLines({ scene, params, id, path }: ApiCall): JsonObject {
  const items = showLineItems(scene, find(scene, id));
  const limit = pageLimit(params);
  const after = text(params, "starting_after");
  const start = after === null ? 0 : items.findIndex((item) => item["id"] === after) + 1;
  const data = items.slice(start, start + limit).filter(isObject);
  return listObject(path, data, items.length > start + limit);
}

/** The requests about checkout sessions. */
export const checkoutSessionRoutes = [
  route("POST /v1/checkout/sessions", "SessionCreateParams", create),
  route("GET /v1/checkout/sessions", "SessionListParams", list),
  route("GET /v1/checkout/sessions/:id", "SessionRetrieveParams", ({ scene, id }) =>
    show(scene, find(scene, id)),
  ),
  route("POST /v1/checkout/sessions/:id", "SessionUpdateParams", update),
  route("POST /v1/checkout/sessions/:id/expire", "SessionExpireParams", expire),
  route("GET /v1/checkout/sessions/:id/line_items", "SessionListLineItemsParams", listLines),
];
