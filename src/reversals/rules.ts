import {
  decideReversed,
  refundedOf,
  type ReturnedMoney,
  withheldOf,
} from "../checkout/decide-reversed.js";
import { type Credits, creditsToJson, formatCredits } from "../kernel/credits.js";
import type { Id, ProjectId, PurchaseId, WalletId } from "../kernel/ids.js";
import { formatMoney, type Money, moneyProblem } from "../kernel/money.js";
import { approve, refuse, type Verdict } from "../kernel/verdict.js";

export type RefundId = Id<"refund">;

/** What to refund: the share of the money that is the share of the credits which are not spent, or less of it. */
export type RefundAsk =
  | { readonly type: "everything" }
  | { readonly type: "credits"; readonly credits: Credits }
  | { readonly type: "amount"; readonly amount: Money };

/** What is known of a purchase when a refund is decided. */
export interface Refundable {
  readonly credits: Credits;
  readonly granted: Credits;
  /** What Stripe says of the payment. */
  readonly money: ReturnedMoney;
  /** Credits of the purchase that are neither spent nor in a hold. */
  readonly unspent: Credits;
  /** What was taken back of it already. */
  readonly reversed: Credits;
}

/** Money to go back, and the credits that settling takes back for it. */
export interface DecidedRefund {
  readonly money: Money;
  readonly credits: Credits;
}

/**
 * How much goes back, by the cost basis of the purchase's lot: each credit costs its share of what was captured. Sums
 * are rounded down once, over all that has gone back so far, so the last refund of a purchase closes exactly. Credits that
 * were spent are not refunded, and never more than Stripe can still refund.
 */
export function decideRefund(of: Refundable, ask: RefundAsk): Verdict<DecidedRefund> {
  const now = decideReversed(of, of.money);
  if (!now.isClear) return refuse("conflict", { detail: now.problem });
  if (now.disputed)
    return refuse("conflict", {
      detail: "A dispute withholds money of this payment. Answer the dispute in Stripe instead.",
    });
  if (now.target !== of.reversed)
    return refuse("wallet_busy", {
      detail: "Another refund of this purchase is being settled at this moment. Try again.",
      retryAfterSeconds: 1,
    });
  if (ask.type === "credits" && ask.credits > of.unspent)
    return tooMuch(of, ask.credits, "credits");
  const amountMinor = ask.type === "amount" ? ask.amount.amountMinor : shareOf(of, ask);
  const money = { amountMinor, currency: of.money.currency };
  const problem = ask.type === "amount" ? amountProblem(of, ask.amount) : undefined;
  if (problem !== undefined) return refuse("invalid_request", { param: "amount", detail: problem });
  const credits = takenFor(of, amountMinor);
  if (amountMinor <= 0n || credits <= 0n)
    return refuse("nothing_to_refund", {
      detail: "No credits of this purchase that are worth money are left unspent.",
    });
  return credits > of.unspent ? tooMuch(of, credits, "amount") : approve({ money, credits });
}

/** What of the money Stripe can still refund. */
export function refundableOf({ money }: Pick<Refundable, "money">): bigint {
  return money.capturedMinor - refundedOf(money);
}

function shareOf(of: Refundable, ask: Exclude<RefundAsk, { readonly type: "amount" }>): bigint {
  const back = of.reversed + (ask.type === "credits" ? ask.credits : of.unspent);
  const gone = refundedOf(of.money) + withheldOf(of.money);
  const share = (of.money.capturedMinor * back) / of.granted - gone;
  const left = refundableOf(of);
  return chargeable(share < left ? share : left, of.money.currency);
}

/** Rounded down to what Stripe can move in the currency. */
function chargeable(amountMinor: bigint, currency: string): bigint {
  let rounded = amountMinor;
  while (rounded > 0n && moneyProblem({ amountMinor: rounded, currency }) !== undefined)
    rounded -= 1n;
  return rounded;
}

function amountProblem(of: Refundable, amount: Money): string | undefined {
  if (amount.currency !== of.money.currency)
    return `The payment was in ${of.money.currency}, so it is refunded in that.`;
  const left = { amountMinor: refundableOf(of), currency: amount.currency };
  if (amount.amountMinor > left.amountMinor)
    return `Of the payment ${formatMoney(left)} can still be refunded. Refund at most that.`;
  return moneyProblem(amount);
}

/** What settling will take back once Stripe has the refund: asked of the same rule. */
function takenFor(of: Refundable, amountMinor: bigint): Credits {
  const { currency, refunds } = of.money;
  const more = { id: "", amountMinor, currency, status: "succeeded", createdAt: new Date(0) };
  const after = decideReversed(of, { ...of.money, refunds: [...refunds, more] });
  return (after.isClear ? after.target - of.reversed : 0n) as Credits;
}

function tooMuch(of: Refundable, credits: Credits, param: string): Verdict<never> {
  return refuse("refund_exceeds_unspent", {
    param,
    detail: `That refund takes ${formatCredits(credits)} credits back, and ${formatCredits(of.unspent)} of the purchase are unspent and in no hold. Refund less, or refund in Stripe: then the customer owes the rest.`,
    extra: { unspent: creditsToJson(of.unspent), required: creditsToJson(credits) },
  });
}

/** A refund that was asked for. */
export interface Refund extends DecidedRefund {
  readonly id: RefundId;
  readonly projectId: ProjectId;
  readonly walletId: WalletId;
  readonly purchaseId: PurchaseId;
  readonly accountId: string;
  readonly chargeId: string;
  readonly state: "requested" | "accepted" | "failed";
  readonly stripeRefundId: string | null;
  /** Why it failed; for people. */
  readonly problem: string | null;
  readonly createdAt: Date;
  readonly finishedAt: Date | null;
}

/** Stripe forgets a key after 24 hours; before that a repeated call answers the same refund. */
const repeatableHours = 23;

/** Whether asking Stripe again cannot make a second refund. */
export function isRepeatable({ createdAt }: Pick<Refund, "createdAt">, now: Date): boolean {
  return now.getTime() - createdAt.getTime() < repeatableHours * 3_600_000;
}
