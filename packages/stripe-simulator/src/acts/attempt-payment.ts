import type { JsonObject } from "../json.js";
import { newId } from "../ids.js";
import { show } from "../render.js";
import type { ChargeFailure, ChargeRecord } from "../resources/charge.js";
import type { PaymentIntentRecord } from "../resources/payment-intent.js";
import type { PaymentMethodRecord } from "../resources/payment-method.js";
import { born, type Scene } from "../simulation.js";
import { shownNumber, shownText } from "../store/record-base.js";
import { change, emit, keep } from "./emit.js";
import { moveBalance, processingFee } from "./move-balance.js";

/** What a new payment intent is about. */
export type IntentDraft = Pick<
  PaymentIntentRecord,
  | "amount"
  | "currency"
  | "customer"
  | "description"
  | "metadata"
  | "receiptEmail"
  | "setupFutureUsage"
>;

/** Opens a payment intent that waits for a payment method. */
export function openIntent(scene: Scene, draft: IntentDraft): PaymentIntentRecord {
  const { id, created } = born(scene, "pi");
  const intent = keep<PaymentIntentRecord>(scene, {
    ...draft,
    kind: "payment_intent",
    id,
    created,
    amountReceived: 0,
    canceledAt: null,
    cancellationReason: null,
    clientSecret: newId(`${id}_secret`),
    error: null,
    latestCharge: null,
    livemode: scene.book.livemode,
    method: "card",
    paymentMethod: null,
    status: "requires_payment_method",
  });
  emit(scene, "payment_intent.created", intent);
  return intent;
}

const declined: ChargeFailure = {
  code: "card_declined",
  declineCode: "generic_decline",
  message: "Your card was declined.",
};

const authenticationRequired: ChargeFailure = {
  code: "authentication_required",
  declineCode: "authentication_required",
  message:
    "Your card was declined. This transaction requires authentication. Please pay again and authenticate.",
};

/** Who pays, as far as the charge shows it. */
export interface Payer {
  readonly email: string | null;
  readonly name: string | null;
}

function openCharge(
  scene: Scene,
  intent: PaymentIntentRecord,
  method: PaymentMethodRecord,
  payer: Payer,
): ChargeRecord {
  const { id, created } = born(scene, method.type === "card" ? "ch" : "py");
  return {
    kind: "charge",
    id,
    created,
    amount: shownNumber(intent, "amount", intent.amount),
    amountRefunded: 0,
    balanceTransaction: null,
    billingEmail: payer.email,
    billingName: payer.name,
    currency: shownText(intent, "currency", intent.currency),
    customer: intent.customer,
    description: intent.description,
    disputed: false,
    failure: null,
    fraudReport: null,
    livemode: intent.livemode,
    metadata: intent.metadata,
    method: method.type,
    paymentIntent: intent.id,
    paymentMethod: method.id,
    receiptEmail: intent.receiptEmail,
    status: "pending",
  };
}

function takeMoney(scene: Scene, charge: ChargeRecord): ChargeRecord {
  const entry = moveBalance(scene, {
    type: charge.method === "card" ? "charge" : "payment",
    reportingCategory: "charge",
    amount: charge.amount,
    currency: charge.currency,
    fee: processingFee(charge.amount),
    source: charge.id,
    description: charge.description,
  });
  return { ...charge, status: "succeeded", balanceTransaction: entry.id };
}

/** What became of an attempt. */
export interface Attempt {
  readonly intent: PaymentIntentRecord;
  readonly charge: ChargeRecord | null;
}

/** Tries to take the money with a payment method, and tells of it as Stripe does. */
export function attemptPayment(
  scene: Scene,
  intent: PaymentIntentRecord,
  method: PaymentMethodRecord,
  options: { readonly payer: Payer; readonly offSession: boolean },
): Attempt {
  const draft = openCharge(scene, intent, method, options.payer);
  const next = { ...intent, method: method.type, paymentMethod: method.id, error: null };
  switch (method.behaviour) {
    case "succeeds": {
      const charge = keep(scene, takeMoney(scene, draft));
      emit(scene, "charge.succeeded", charge);
      return { intent: succeed(scene, intent, next, charge), charge };
    }
    case "delayed": {
      const charge = keep(scene, draft);
      const processing = { ...next, status: "processing" as const, latestCharge: charge.id };
      const changed = change(scene, "payment_intent.processing", intent, processing);
      emit(scene, "charge.pending", charge);
      return { intent: changed, charge };
    }
    case "needs_authentication":
      if (options.offSession)
        return refuse(scene, intent, next, draft, method, authenticationRequired);
      return {
        intent: change(scene, "payment_intent.requires_action", intent, {
          ...next,
          status: "requires_action",
        }),
        charge: null,
      };
    case "declines":
      return refuse(scene, intent, next, draft, method, declined);
  }
}

function succeed(
  scene: Scene,
  before: PaymentIntentRecord,
  next: PaymentIntentRecord,
  charge: ChargeRecord,
): PaymentIntentRecord {
  return change(scene, "payment_intent.succeeded", before, {
    ...next,
    status: "succeeded",
    latestCharge: charge.id,
    amountReceived: charge.amount,
  });
}

function refuse(
  scene: Scene,
  before: PaymentIntentRecord,
  next: PaymentIntentRecord,
  draft: ChargeRecord,
  method: PaymentMethodRecord,
  failure: ChargeFailure,
): Attempt {
  const charge = keep<ChargeRecord>(scene, { ...draft, status: "failed", failure });
  emit(scene, "charge.failed", charge);
  return { intent: failIntent(scene, before, next, charge, show(scene, method), failure), charge };
}

function failIntent(
  scene: Scene,
  before: PaymentIntentRecord,
  next: PaymentIntentRecord,
  charge: ChargeRecord,
  paymentMethod: JsonObject,
  failure: ChargeFailure,
): PaymentIntentRecord {
  return change(scene, "payment_intent.payment_failed", before, {
    ...next,
    status: "requires_payment_method",
    latestCharge: charge.id,
    paymentMethod: null,
    error: { ...failure, charge: charge.id, paymentMethod },
  });
}

const debitFailed: ChargeFailure = {
  code: "payment_intent_payment_attempt_failed",
  declineCode: "generic_decline",
  message: "The customer's bank account could not be debited.",
};

/** Ends a payment that was processing. */
export function settlePayment(
  scene: Scene,
  intent: PaymentIntentRecord,
  outcome: "succeeded" | "failed",
): PaymentIntentRecord {
  const charge = scene.book.find("charge", intent.latestCharge ?? "");
  if (charge === undefined || intent.status !== "processing") return intent;
  if (outcome === "succeeded") {
    const paid = change(scene, "charge.succeeded", charge, takeMoney(scene, charge));
    return succeed(scene, intent, intent, paid);
  }
  const failed = change<ChargeRecord>(scene, "charge.failed", charge, {
    ...charge,
    status: "failed",
    failure: debitFailed,
  });
  const method = scene.book.find("payment_method", charge.paymentMethod ?? "");
  return failIntent(scene, intent, intent, failed, method ? show(scene, method) : {}, debitFailed);
}
