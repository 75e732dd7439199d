import { ApiError, invalidRequest } from "../api-error.js";
import { attemptPayment, openIntent } from "../acts/attempt-payment.js";
import { change, keep } from "../acts/emit.js";
import { currencyOf } from "../acts/draft-lines.js";
import { methodOf } from "../acts/payment-methods.js";
import { type ApiCall, listAnswer, route } from "../http/route.js";
import type { JsonObject } from "../json.js";
import { flag, integer, metadataFrom, text, textOr } from "../params/read.js";
import { show } from "../render.js";
import type { PaymentIntentRecord } from "../resources/payment-intent.js";
import type { PaymentMethodRecord } from "../resources/payment-method.js";
import type { Scene } from "../simulation.js";
import { livingCustomer } from "./customers.js";
import { mustFind } from "./find.js";

function amountOf(params: JsonObject): number {
  const amount = integer(params, "amount") ?? 0;
  if (amount < 1) {
    throw invalidRequest(
      "This value must be greater than or equal to 1.",
      "amount",
      "parameter_invalid_integer",
    );
  }
  if (amount > 99_999_999) {
    throw invalidRequest("Amount must be no more than $999,999.99", "amount", "amount_too_large");
  }
  return amount;
}

function methodFrom(scene: Scene, id: string, customer: string | null): PaymentMethodRecord {
  const method = methodOf(scene, id);
  if (!method) {
    throw invalidRequest(`No such PaymentMethod: '${id}'`, "payment_method", "resource_missing");
  }
  if (method.customer !== null && method.customer !== customer) {
    throw invalidRequest(
      "The provided PaymentMethod cannot be used: it belongs to another Customer. Set `customer` to its owner.",
      "payment_method",
    );
  }
  return method;
}

function pay(scene: Scene, intent: PaymentIntentRecord, params: JsonObject): JsonObject {
  const id = text(params, "payment_method") ?? intent.paymentMethod;
  if (id === null) {
    throw invalidRequest(
      "You cannot confirm this PaymentIntent because it's missing a payment method.",
      undefined,
      "payment_intent_unexpected_state",
    );
  }
  const method = methodFrom(scene, id, intent.customer);
  const customer = scene.book.find("customer", intent.customer ?? "");
  const saves = intent.setupFutureUsage !== null && intent.customer !== null;
  const used = saves ? keep(scene, { ...method, customer: intent.customer }) : method;
  const offSession = params["off_session"] !== undefined && params["off_session"] !== false;
  const payer = { email: customer?.email ?? null, name: customer?.name ?? null };
  const attempt = attemptPayment(scene, intent, used, { payer, offSession });
  const error = attempt.intent.error;
  const rendered = show(scene, attempt.intent);
  if (error === null) return rendered;
  throw new ApiError(402, error.message, {
    type: "card_error",
    code: error.code,
    extra: {
      ...(error.charge === null ? {} : { charge: error.charge }),
      decline_code: error.declineCode,
      payment_intent: rendered,
      payment_method: error.paymentMethod,
    },
  });
}

function create({ scene, params }: ApiCall): JsonObject {
  const customer = text(params, "customer");
  if (customer !== null) livingCustomer(scene, customer, "customer");
  const amount = amountOf(params);
  const currency = currencyOf(params, "currency");
  const confirms = flag(params, "confirm");
  if (params["off_session"] !== undefined && !confirms) {
    throw invalidRequest("You can only pass `off_session` when `confirm` is true.", "off_session");
  }
  const methodId = text(params, "payment_method");
  const method = methodId === null ? null : methodFrom(scene, methodId, customer);
  const opened = openIntent(scene, {
    amount,
    currency,
    customer,
    description: text(params, "description"),
    metadata: metadataFrom(params),
    receiptEmail: text(params, "receipt_email"),
    setupFutureUsage: text(params, "setup_future_usage"),
  });
  if (method === null) return show(scene, opened);
  const intent = keep<PaymentIntentRecord>(scene, {
    ...opened,
    method: method.type,
    paymentMethod: method.id,
    status: "requires_confirmation",
  });
  return confirms
    ? pay(scene, intent, { ...params, payment_method: method.id })
    : show(scene, intent);
}

const payable = new Set(["requires_payment_method", "requires_confirmation", "requires_action"]);

function openOne(scene: Scene, id: string, verb: string): PaymentIntentRecord {
  const intent = mustFind(scene, "payment_intent", id);
  if (payable.has(intent.status)) return intent;
  throw new ApiError(
    400,
    `This PaymentIntent's status is ${intent.status}; you cannot ${verb} it.`,
    { code: "payment_intent_unexpected_state", extra: { payment_intent: show(scene, intent) } },
  );
}

function update({ scene, params, id }: ApiCall): JsonObject {
  const intent = mustFind(scene, "payment_intent", id);
  if (params["amount"] !== undefined) openOne(scene, id, "change the amount of");
  return show(
    scene,
    keep(scene, {
      ...intent,
      amount: params["amount"] === undefined ? intent.amount : amountOf(params),
      description: textOr(params, "description", intent.description),
      metadata: metadataFrom(params, intent.metadata),
      receiptEmail: textOr(params, "receipt_email", intent.receiptEmail),
    }),
  );
}

function cancel({ scene, params, id }: ApiCall): JsonObject {
  const intent = openOne(scene, id, "cancel");
  return show(
    scene,
    change<PaymentIntentRecord>(scene, "payment_intent.canceled", intent, {
      ...intent,
      status: "canceled",
      canceledAt: scene.simulation.now(),
      cancellationReason: text(params, "cancellation_reason"),
    }),
  );
}

function list(call: ApiCall): JsonObject {
  const customer = text(call.params, "customer");
  return listAnswer(call, {
    kind: "payment_intent",
    ...(customer === null ? {} : { indexKey: `payment_intent|customer|${customer}` }),
  });
}

/** The requests about payment intents. */
export const paymentIntentRoutes = [
  route("POST /v1/payment_intents", "PaymentIntentCreateParams", create),
  route("GET /v1/payment_intents", "PaymentIntentListParams", list),
  route("GET /v1/payment_intents/:id", "PaymentIntentRetrieveParams", ({ scene, id }) =>
    show(scene, mustFind(scene, "payment_intent", id)),
  ),
  route("POST /v1/payment_intents/:id", "PaymentIntentUpdateParams", update),
  route(
    "POST /v1/payment_intents/:id/confirm",
    "PaymentIntentConfirmParams",
    ({ scene, params, id }) => pay(scene, openOne(scene, id, "confirm"), params),
  ),
  route("POST /v1/payment_intents/:id/cancel", "PaymentIntentCancelParams", cancel),
];
