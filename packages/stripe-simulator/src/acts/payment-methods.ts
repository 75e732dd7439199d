import type { PaymentMethodRecord } from "../resources/payment-method.js";
import { born, type Scene } from "../simulation.js";
import { keep } from "./emit.js";

type Behaviour = PaymentMethodRecord["behaviour"];

/** Stripe's test payment methods that the simulator knows, and what they do. */
const testMethods: Readonly<Record<string, { behaviour: Behaviour; last4: string }>> = {
  pm_card_visa: { behaviour: "succeeds", last4: "4242" },
  pm_card_mastercard: { behaviour: "succeeds", last4: "4444" },
  pm_card_chargeDeclined: { behaviour: "declines", last4: "0002" },
  pm_card_visa_chargeDeclined: { behaviour: "declines", last4: "0002" },
  pm_card_chargeCustomerFail: { behaviour: "declines", last4: "0341" },
  pm_card_authenticationRequired: { behaviour: "needs_authentication", last4: "3184" },
  pm_usBankAccount: { behaviour: "delayed", last4: "6789" },
};

/** Makes a payment method of this account. */
export function makeMethod(
  scene: Scene,
  behaviour: Behaviour,
  options: { customer?: string | null; email?: string | null; last4?: string } = {},
): PaymentMethodRecord {
  const delayed = behaviour === "delayed";
  return keep(scene, {
    ...born(scene, "pm"),
    kind: "payment_method",
    type: delayed ? "us_bank_account" : "card",
    behaviour,
    customer: options.customer ?? null,
    email: options.email ?? null,
    last4: options.last4 ?? (delayed ? "6789" : "4242"),
    livemode: scene.book.livemode,
  });
}

/** The payment method of an id: one that the account has, or a fresh one of Stripe's test methods. */
export function methodOf(scene: Scene, id: string): PaymentMethodRecord | undefined {
  const test = Object.hasOwn(testMethods, id) ? testMethods[id] : undefined;
  if (test) return makeMethod(scene, test.behaviour, { last4: test.last4 });
  return scene.book.find("payment_method", id);
}
