import { ApiError } from "../api-error.js";
import { attemptPayment, openIntent } from "../acts/attempt-payment.js";
import {
  closeDispute,
  disputeCharge,
  reinstateFunds,
  withdrawFunds,
} from "../acts/dispute-charge.js";
import { keep } from "../acts/emit.js";
import { completeDelayed, currentSession, expireSession, paySession } from "../acts/pay-session.js";
import { makeMethod } from "../acts/payment-methods.js";
import { refundCharge, setRefundStatus } from "../acts/refund-charge.js";
import { warnOfFraud } from "../acts/warn-of-fraud.js";
import type { Json, JsonObject } from "../json.js";
import { metadataFrom } from "../params/read.js";
import { show } from "../render.js";
import type { ChargeRecord } from "../resources/charge.js";
import { type Scene, sceneOf } from "../simulation.js";
import { numberOf, oneOf, optionsAt, textAt, textOf } from "./arguments.js";
import { locate, type Stage, type Verb } from "./verbs.js";

const refundStatuses = ["succeeded", "pending", "requires_action", "failed", "canceled"] as const;
const disputeEnds = ["won", "lost", "warning_closed"] as const;
const behaviours = ["succeeds", "declines", "needs_authentication", "delayed"] as const;

function chargeOf(stage: Stage, options: JsonObject): { scene: Scene; record: ChargeRecord } {
  const charge = textOf(options, "charge");
  if (charge !== null) return locate(stage, "charge", charge);
  const intent = locate(stage, "payment_intent", textOf(options, "paymentIntent") ?? "").record;
  if (intent.latestCharge === null) throw new ApiError(400, `${intent.id} has no charge.`);
  return locate(stage, "charge", intent.latestCharge);
}

function pay(stage: Stage, given: readonly Json[]): Json {
  const { scene, record } = locate(stage, "checkout.session", textAt(given, 0));
  const card = oneOf(optionsAt(given, 1)["card"], ["paid", "declined", "delayed"]);
  const result = paySession(scene, record, card);
  if (result.ended !== "closed") return show(scene, result.session);
  throw new ApiError(400, `The session is ${result.session.status}; only an open one can be paid.`);
}

function endDelayed(stage: Stage, given: readonly Json[]): Json {
  const { scene, record } = locate(stage, "checkout.session", textAt(given, 0));
  const outcome = oneOf(optionsAt(given, 1)["outcome"], ["succeeded", "failed"]);
  const settled = completeDelayed(scene, record, outcome);
  if (settled) return show(scene, settled);
  throw new ApiError(400, `No payment of ${record.id} is under way.`);
}

function expire(stage: Stage, given: readonly Json[]): Json {
  const { scene, record } = locate(stage, "checkout.session", textAt(given, 0));
  const session = currentSession(scene, record);
  if (session.status === "expired") return show(scene, session);
  if (session.status === "open") return show(scene, expireSession(scene, session));
  throw new ApiError(400, "A complete session cannot expire.");
}

function refund(stage: Stage, given: readonly Json[]): Json {
  const options = optionsAt(given, 0);
  const { scene, record } = chargeOf(stage, options);
  const made = refundCharge(scene, record, {
    amount: numberOf(options, "amount"),
    reason: null,
    metadata: {},
    status: oneOf(options["status"], refundStatuses),
  });
  return show(scene, made);
}

function foreignPayment(stage: Stage, given: readonly Json[]): Json {
  const options = optionsAt(given, 0);
  const key = textOf(options, "key") ?? "";
  const account = stage.simulation.accountFor(key);
  const scene = sceneOf(
    stage.simulation,
    stage.simulation.book(account.id, key.includes("_live_")),
  );
  const intent = openIntent(scene, {
    amount: numberOf(options, "amount") ?? 1_000,
    currency: textOf(options, "currency") ?? "usd",
    customer: null,
    description: null,
    metadata: metadataFrom(options),
    receiptEmail: null,
    setupFutureUsage: null,
  });
  const payer = { email: "someone@example.com", name: null };
  const method = makeMethod(scene, "succeeds");
  return show(scene, attemptPayment(scene, intent, method, { payer, offSession: false }).intent);
}

/** The verbs that make things happen to money. */
export const moneyVerbs: Readonly<Record<string, Verb>> = {
  pay,
  completeDelayed: endDelayed,
  expire,
  refund,
  createForeignPayment: foreignPayment,
  setRefundStatus(stage, given) {
    const { scene, record } = locate(stage, "refund", textAt(given, 0));
    return show(scene, setRefundStatus(scene, record, oneOf(given[1], refundStatuses)));
  },
  dispute(stage, given) {
    const options = optionsAt(given, 0);
    const { scene, record } = chargeOf(stage, options);
    const opened = disputeCharge(scene, record, {
      amount: numberOf(options, "amount"),
      inquiry: options["inquiry"] === true,
      reason: textOf(options, "reason") ?? "fraudulent",
    });
    return show(scene, opened);
  },
  disputeFundsWithdrawn(stage, given) {
    const { scene, record } = locate(stage, "dispute", textAt(given, 0));
    return show(scene, withdrawFunds(scene, record));
  },
  disputeFundsReinstated(stage, given) {
    const { scene, record } = locate(stage, "dispute", textAt(given, 0));
    return show(scene, reinstateFunds(scene, record));
  },
  closeDispute(stage, given) {
    const { scene, record } = locate(stage, "dispute", textAt(given, 0));
    return show(scene, closeDispute(scene, record, oneOf(given[1], disputeEnds)));
  },
  earlyFraudWarning(stage, given) {
    const options = optionsAt(given, 0);
    const { scene, record } = chargeOf(stage, options);
    const type = textOf(options, "fraudType") ?? "unauthorized_use_of_card";
    return show(scene, warnOfFraud(scene, record, type));
  },
  setPaymentMethod(stage, given) {
    const { scene, record } = locate(stage, "payment_method", textAt(given, 0));
    return show(scene, keep(scene, { ...record, behaviour: oneOf(given[1], behaviours) }));
  },
};
