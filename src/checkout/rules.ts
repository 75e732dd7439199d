import { type Credits, zeroCredits } from "../kernel/credits.js";
import {
  type ProjectId,
  publicId,
  type PurchaseId,
  type WalletId,
  type CreditPackId,
} from "../kernel/ids.js";
import { formatMoney, type Money } from "../kernel/money.js";
import { decideReversed, type ReturnedMoney } from "./decide-reversed.js";

export type PurchaseState =
  | "created"
  | "pending"
  | "processing"
  | "paid"
  | "partially_refunded"
  | "refunded"
  | "failed"
  | "expired"
  | "canceled";

/** One intended payment, written before Stripe is called, with what was agreed: pack, credits, price. */
export interface Purchase {
  readonly id: PurchaseId;
  readonly projectId: ProjectId;
  readonly walletId: WalletId;
  readonly creditPackId: CreditPackId;
  /** The pack as it was called then. */
  readonly packName: string;
  /** For people, from name and price: `500 credits for $9.99`. */
  readonly description: string;
  readonly credits: Credits;
  readonly price: Money;
  readonly validityDays: number | null;
  readonly allowPromotionCodes: boolean;
  readonly successUrl: string | null;
  readonly cancelUrl: string | null;
  readonly accountId: string;
  readonly livemode: boolean;
  readonly state: PurchaseState;
  readonly checkoutSessionId: string | null;
  readonly checkoutUrl: string | null;
  readonly paymentIntentId: string | null;
  readonly chargeId: string | null;
  /** Why it is not paid, or why it is quarantined; for people. */
  readonly problem: string | null;
  readonly quarantinedAt: Date | null;
  readonly granted: Credits;
  /** What of it was taken back for refunds and disputes, 0 to `granted`. */
  readonly reversed: Credits;
  /** How often something was taken back or given back again; numbers the reversals. */
  readonly reversals: number;
  /** A dispute withholds money of it now. */
  readonly disputed: boolean;
  /** Counts the changes, so that facts read before somebody else's change are read again. */
  readonly revision: bigint;
  readonly checks: number;
  readonly paidAt: Date | null;
  readonly createdAt: Date;
}

/** What Stripe says of one checkout session and its payment, in our words. */
export interface PaymentFacts {
  readonly accountId: string;
  readonly livemode: boolean;
  readonly sessionId: string;
  readonly sessionStatus: "open" | "complete" | "expired";
  /** `free`: a discount of 100 %, so there is no payment intent. */
  readonly payment: "paid" | "free" | "unpaid";
  readonly purchaseRef: string | null;
  readonly subtotalMinor: bigint;
  readonly discountMinor: bigint;
  readonly totalMinor: bigint;
  readonly currency: string;
  readonly quantity: bigint;
  readonly paymentIntent: {
    readonly id: string;
    readonly status: string;
    readonly receivedMinor: bigint;
    readonly currency: string;
    readonly failure: string | null;
  } | null;
  readonly chargeId: string | null;
  /** Refunds and disputes of the charge that was paid; `null` when none was. */
  readonly returned: ReturnedMoney | null;
}

/** What settling should make of a purchase. */
export interface Settlement {
  readonly state: PurchaseState;
  /** Credits to post now; zero when they were posted before or are not due. */
  readonly grant: Credits;
  /** What should have been taken back in all. The difference to what was is to be posted. */
  readonly reversed: Credits;
  readonly disputed: boolean;
  readonly problem: string | null;
  readonly quarantine: boolean;
}

const settledStates: ReadonlySet<PurchaseState> = new Set([
  "paid",
  "partially_refunded",
  "refunded",
]);
const openStates: ReadonlySet<PurchaseState> = new Set(["created", "pending", "processing"]);

/** The credits were granted. That stays, whatever Stripe says later; refunds and disputes are posted against it. */
export function isSettled(purchase: Pick<Purchase, "state">): boolean {
  return settledStates.has(purchase.state);
}

/**
 * The `successUrl` that means "back to the customer's wallet page". It is always allowed, and it has no token in it,
 * because links to wallets are kept nowhere: the return page makes a fresh one.
 */
export function walletReturnUrl(publicUrl: string): string {
  return `${publicUrl}/wallet`;
}

/** Still waiting for Stripe or the customer. */
export function isOpen(purchase: Pick<Purchase, "state" | "quarantinedAt">): boolean {
  return openStates.has(purchase.state) && purchase.quarantinedAt === null;
}

/** The project's connection leads to another Stripe account or mode now than the one the purchase was agreed in. */
export function isElsewhere(
  purchase: Pick<Purchase, "accountId" | "livemode">,
  connection: { readonly accountId: string; readonly livemode: boolean },
): boolean {
  return purchase.accountId !== connection.accountId || purchase.livemode !== connection.livemode;
}

/**
 * What the wallet should have received and given back, from the facts alone. Calling it again with the same or older
 * facts changes nothing: paid facts win over all others, and a grant stays. A quarantined purchase waits for an operator.
 */
export function decideSettlement(purchase: Purchase, facts: PaymentFacts): Settlement {
  if (purchase.quarantinedAt !== null) return unchanged(purchase);
  if (isSettled(purchase))
    return isOwn(purchase, facts) ? settleReturns(purchase, facts) : unchanged(purchase);
  if (!isPaidFor(facts)) return { ...unchanged(purchase), ...decideUnpaid(facts) };
  const mismatch = findMismatch(purchase, facts);
  if (mismatch !== undefined)
    return { ...unchanged(purchase), problem: mismatch, quarantine: true };
  const { credits } = purchase;
  const due = settleReturns({ ...purchase, state: "paid", problem: null, granted: credits }, facts);
  // What cannot be judged is not granted either: nobody would take it back.
  return due.problem === null
    ? { ...due, grant: credits }
    : { ...unchanged(purchase), problem: due.problem, quarantine: true };
}

/** A free session is paid for once its customer has completed it, and not before. */
function isPaidFor({ payment, sessionStatus }: PaymentFacts): boolean {
  return payment === "paid" || (payment === "free" && sessionStatus === "complete");
}

function isOwn(purchase: Purchase, facts: PaymentFacts): boolean {
  return !isElsewhere(purchase, facts) && purchase.checkoutSessionId === facts.sessionId;
}

function unchanged(purchase: Purchase): Settlement {
  const { state, problem, reversed, disputed } = purchase;
  const quarantine = purchase.quarantinedAt !== null;
  return { state, grant: zeroCredits, reversed, disputed, problem, quarantine };
}

/** What a granted purchase has to give back, as far as that is clear; else it stays as it is and says why. */
function settleReturns(granted: Purchase, { returned }: PaymentFacts): Settlement {
  if (returned === null) return unchanged(granted);
  const due = decideReversed(granted, returned);
  if (!due.isClear) return { ...unchanged(granted), problem: due.problem };
  const { state, target, disputed } = due;
  return { ...unchanged(granted), state, reversed: target, disputed, problem: null };
}

function decideUnpaid(facts: PaymentFacts): Pick<Settlement, "state" | "problem"> {
  const intent = facts.paymentIntent;
  if (facts.sessionStatus === "expired")
    return { state: "expired", problem: "The checkout expired before it was paid." };
  if (intent?.status === "canceled")
    return { state: "canceled", problem: "The payment was canceled." };
  if (facts.sessionStatus === "open") return { state: "pending", problem: intent?.failure ?? null };
  if (intent?.status === "requires_payment_method")
    return { state: "failed", problem: intent.failure ?? "The payment failed." };
  return { state: "processing", problem: null };
}

type Rule = readonly [holds: boolean, otherwise: () => string];

/** The first way in which what was paid is not what was agreed, for an operator to read. */
export function findMismatch(purchase: Purchase, facts: PaymentFacts): string | undefined {
  const rules = [
    ...originRules(purchase, facts),
    ...amountRules(purchase, facts),
    ...paymentRules(facts),
  ];
  return rules.find(([holds]) => !holds)?.[1]();
}

function originRules(purchase: Purchase, facts: PaymentFacts): readonly Rule[] {
  return [
    [
      facts.accountId === purchase.accountId,
      () =>
        `It was paid in the Stripe account ${facts.accountId}, but agreed in ${purchase.accountId}.`,
    ],
    [
      facts.livemode === purchase.livemode,
      () =>
        `It was paid in ${modeName(facts.livemode)} mode, but agreed in ${modeName(purchase.livemode)} mode.`,
    ],
    [
      facts.purchaseRef === publicId("purchase", purchase.id),
      () => `Its Stripe session names ${facts.purchaseRef ?? "no purchase"}, not this one.`,
    ],
    [
      purchase.checkoutSessionId === null || purchase.checkoutSessionId === facts.sessionId,
      () => `It was paid through the session ${facts.sessionId}, not through its own.`,
    ],
  ];
}

function modeName(livemode: boolean): string {
  return livemode ? "live" : "test";
}

function amountRules(
  { price, allowPromotionCodes }: Purchase,
  facts: PaymentFacts,
): readonly Rule[] {
  return [
    [
      facts.currency === price.currency,
      () => `It was paid in ${facts.currency}, but its price is in ${price.currency}.`,
    ],
    [facts.quantity === 1n, () => `${facts.quantity} packs were paid for, but one was agreed.`],
    [
      facts.subtotalMinor === price.amountMinor,
      () =>
        `The amount at Stripe is ${formatMoney({ ...price, amountMinor: facts.subtotalMinor })}, but ${formatMoney(price)} was agreed.`,
    ],
    [
      allowPromotionCodes || facts.discountMinor === 0n,
      () => "A discount was applied, but this checkout allowed none.",
    ],
    [
      facts.subtotalMinor - facts.discountMinor === facts.totalMinor,
      () => "The total at Stripe is not the price less the discount.",
    ],
  ];
}

function paymentRules(facts: PaymentFacts): readonly Rule[] {
  const { totalMinor, currency, paymentIntent: intent } = facts;
  if (facts.payment === "free")
    return [[totalMinor === 0n, () => "Stripe says nothing was due, but the total is not zero."]];
  if (intent === null) return [[false, () => "Stripe says it is paid, but names no payment."]];
  return [
    [
      intent.currency === currency,
      () => `The payment was made in ${intent.currency}, but the checkout was in ${currency}.`,
    ],
    [
      intent.receivedMinor === totalMinor,
      () =>
        `Stripe received ${formatMoney({ amountMinor: intent.receivedMinor, currency })}, but the total was ${formatMoney({ amountMinor: totalMinor, currency })}.`,
    ],
  ];
}

/** Seconds until an open purchase is looked at without being asked, for events that never come: 2 min, 8 min, … 6 h. */
export function nextCheckSeconds(checks: number): number {
  return Math.min(120 * 4 ** Math.min(checks, 10), 6 * 3_600);
}
