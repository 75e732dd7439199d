import { type Credits, formatCredits, zeroCredits } from "../kernel/credits.js";
import { type ProjectId, publicId, type PurchaseId } from "../kernel/ids.js";
import { formatMoney } from "../kernel/money.js";
import type { Difference, DiscrepancyClass } from "./rules.js";

/** A payment as Stripe's objects tell of it: a charge that succeeded, or a session that needed none. */
export interface StripePayment {
  /** `ch_…` or `py_…`; null for a session that needed no payment. */
  readonly chargeId: string | null;
  readonly paymentIntentId: string | null;
  readonly sessionId: string | null;
  /** The purchase that its metadata names. */
  readonly purchaseId: PurchaseId | null;
  readonly amountMinor: bigint;
  readonly currency: string;
  readonly refundedMinor: bigint;
}

/** What our books say of the purchase that a payment is for. */
export interface BookedPayment {
  readonly purchaseId: PurchaseId;
  readonly projectId: ProjectId;
  readonly walletId: Difference["walletId"];
  readonly credits: Credits;
  readonly priceMinor: bigint;
  readonly currency: string;
  readonly allowPromotionCodes: boolean;
  readonly isQuarantined: boolean;
  readonly problem: string | null;
  readonly sessionId: string | null;
  readonly paymentIntentId: string | null;
  /** What the ledger gave for it. */
  readonly posted: Credits;
}

/** What a comparison of one payment came to. */
export interface Compared {
  readonly difference: Difference | undefined;
  /** Settling the purchase again may make it go away. */
  readonly canHeal: boolean;
}

const agrees: Compared = { difference: undefined, canHeal: false };

/** Every class that comparing payments can find, and so can find gone. */
export const paymentClasses: readonly DiscrepancyClass[] = [
  "missing_grant",
  "double_grant",
  "orphan_payment",
  "amount_mismatch",
];

/** Every class that comparing grants can find, and so can find gone. */
export const grantClasses: readonly DiscrepancyClass[] = ["unpaid_grant"];

/** A purchase that was granted, though Stripe knows no payment of it. Nobody but a person can say who is wrong. */
export function unpaidGrant(
  booked: Omit<BookedPayment, "isQuarantined" | "problem" | "allowPromotionCodes" | "projectId">,
): Difference {
  const named = booked.paymentIntentId ?? booked.sessionId;
  return {
    class: "unpaid_grant",
    subject: publicPurchase(booked),
    purchaseId: booked.purchaseId,
    walletId: booked.walletId,
    stripeObject: named,
    currency: booked.currency,
    bookedMinor: booked.priceMinor,
    stripeMinor: 0n,
    expectedCredits: zeroCredits,
    actualCredits: booked.posted,
    detail: `${publicPurchase(booked)} was granted ${formatCredits(booked.posted)} credits, but Stripe has no payment for it${named === null ? "" : ` under ${named}`}. Correct the wallet, once you know who wrote the grant.`,
  };
}

/** The name that a payment's differences go by. It does not depend on which list it was found in. */
export function subjectOf(payment: StripePayment, booked: BookedPayment | undefined): string {
  return payment.chargeId ?? (booked === undefined ? sessionOf(payment) : publicPurchase(booked));
}

/**
 * Compares one payment with our books. Only a payment that is exactly what was agreed and whose purchase got nothing
 * can be healed; whatever else differs needs a person.
 *
 * @param booked the purchase that it is for, whichever project of the account sold it
 */
export function decideDifference(
  payment: StripePayment,
  booked: BookedPayment | undefined,
  projectId: ProjectId,
): Compared {
  if (booked === undefined) return compareOrphan(payment);
  if (booked.projectId !== projectId) return agrees; // that project's own runs compare it
  if (booked.posted > booked.credits) return doubleGrant(payment, booked);
  if (isSecondPayment(payment, booked)) return secondPayment(payment, booked);
  if (booked.posted === 0n && booked.isQuarantined && isGivenBack(payment)) return agrees;
  if (booked.isQuarantined || (booked.posted > 0n && !isAsAgreed(payment, booked)))
    return amountMismatch(payment, booked);
  return booked.posted === booked.credits ? agrees : missingGrant(payment, booked);
}

function compareOrphan(payment: StripePayment): Compared {
  const keptMinor = payment.amountMinor - payment.refundedMinor;
  if (payment.chargeId === null || keptMinor <= 0n) return agrees;
  const named =
    payment.purchaseId === null
      ? "It names no purchase of ours"
      : `It names ${publicId("purchase", payment.purchaseId)}, which is no purchase here`;
  const detail = `${money(payment, keptMinor)} came in that no purchase explains. ${named}. Assign it to a wallet, or dismiss it.`;
  return {
    canHeal: false,
    difference: { ...about(payment, undefined), class: "orphan_payment", detail },
  };
}

/** The customer paid once more for what was paid, granted and settled through another payment. */
function isSecondPayment(payment: StripePayment, booked: BookedPayment): boolean {
  return (
    booked.posted > 0n &&
    payment.paymentIntentId !== null &&
    booked.paymentIntentId !== null &&
    payment.paymentIntentId !== booked.paymentIntentId
  );
}

function isGivenBack({ refundedMinor, amountMinor, chargeId }: StripePayment): boolean {
  return chargeId !== null && refundedMinor >= amountMinor;
}

function secondPayment(payment: StripePayment, booked: BookedPayment): Compared {
  if (isGivenBack(payment)) return agrees;
  const detail = `${money(payment, payment.amountMinor)} came in for ${publicPurchase(booked)}, which ${booked.paymentIntentId} had paid. Refund it, assign it to a wallet, or dismiss it.`;
  return {
    canHeal: false,
    difference: { ...about(payment, booked), class: "orphan_payment", detail },
  };
}

function doubleGrant(payment: StripePayment, booked: BookedPayment): Compared {
  const detail = `${publicPurchase(booked)} was granted ${formatCredits(booked.posted)} credits, but ${formatCredits(booked.credits)} were bought. Correct the wallet, once you know who wrote the other grant.`;
  const subject = publicPurchase(booked);
  // It says the same whichever charge led to it.
  const same = { stripeObject: booked.paymentIntentId, stripeMinor: null };
  return {
    canHeal: false,
    difference: { ...about(payment, booked), ...same, class: "double_grant", subject, detail },
  };
}

function isAsAgreed(payment: StripePayment, booked: BookedPayment): boolean {
  if (payment.currency !== booked.currency || payment.amountMinor > booked.priceMinor) return false;
  return booked.allowPromotionCodes || payment.amountMinor === booked.priceMinor;
}

function amountMismatch(payment: StripePayment, booked: BookedPayment): Compared {
  const price = formatMoney({ amountMinor: booked.priceMinor, currency: booked.currency });
  const said = booked.isQuarantined ? booked.problem : null;
  const detail = `${money(payment, payment.amountMinor)} came in for ${publicPurchase(booked)}, which was agreed for ${price}. ${said ?? "It was granted all the same."}`;
  return {
    canHeal: false,
    difference: { ...about(payment, booked), class: "amount_mismatch", detail },
  };
}

function missingGrant(payment: StripePayment, booked: BookedPayment): Compared {
  const detail = `${publicPurchase(booked)} was paid, but ${booked.posted === 0n ? "got no credits" : `got ${formatCredits(booked.posted)} of ${formatCredits(booked.credits)} credits`}.`;
  return {
    canHeal: booked.posted === 0n,
    difference: { ...about(payment, booked), class: "missing_grant", detail },
  };
}

function about(payment: StripePayment, booked: BookedPayment | undefined) {
  return {
    subject: subjectOf(payment, booked),
    purchaseId: booked?.purchaseId ?? null,
    walletId: booked?.walletId ?? null,
    stripeObject: payment.chargeId ?? payment.sessionId,
    currency: payment.currency,
    // In another currency the two amounts could not be told apart; the detail names both.
    bookedMinor: booked?.currency === payment.currency ? booked.priceMinor : null,
    stripeMinor: payment.amountMinor,
    expectedCredits: booked?.credits ?? zeroCredits,
    actualCredits: booked?.posted ?? zeroCredits,
  };
}

function money({ currency }: StripePayment, amountMinor: bigint): string {
  return formatMoney({ amountMinor, currency });
}

function publicPurchase({ purchaseId }: Pick<BookedPayment, "purchaseId">): string {
  return publicId("purchase", purchaseId);
}

function sessionOf({ sessionId }: StripePayment): string {
  return sessionId ?? "unknown";
}
