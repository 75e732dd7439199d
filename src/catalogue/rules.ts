import { type Credits, creditsLimit } from "../kernel/credits.js";
import type { CreditPackId, ProjectId } from "../kernel/ids.js";
import { formatMoney, type Money, moneyProblem } from "../kernel/money.js";
import { approve, refuse, type Verdict } from "../kernel/verdict.js";

/** What a pack gives and costs. */
export interface PackTerms {
  readonly name: string;
  readonly credits: Credits;
  /** Given on top of what is paid for; part of the same lot, so a refund takes its share of them back. */
  readonly bonusCredits: Credits;
  readonly price: Money;
  /** Days until the credits expire, counted from the grant; `null` never. */
  readonly validityDays: number | null;
  readonly onSale: boolean;
}

/** One version of a credit pack. It never changes: a purchase keeps the version it was made with. */
export interface CreditPack extends PackTerms {
  readonly id: CreditPackId;
  readonly projectId: ProjectId;
  /** The caller's own name of the pack, such as `starter-500`. */
  readonly code: string;
  readonly version: number;
  readonly createdAt: Date;
}

/** All credits that a purchase of the pack grants. */
export function grantedCredits({
  credits,
  bonusCredits,
}: Pick<PackTerms, "credits" | "bonusCredits">): Credits {
  return (credits + bonusCredits) as Credits;
}

/** Terms that Stripe can charge exactly and a wallet can hold. */
export function checkTerms(terms: PackTerms): Verdict<PackTerms> {
  const problem = moneyProblem(terms.price);
  if (problem !== undefined)
    return refuse("invalid_request", {
      param: "price",
      detail: `This price cannot be charged: ${problem}.`,
    });
  if (terms.price.amountMinor === 0n)
    return refuse("invalid_request", {
      param: "price.amount",
      detail: "A pack has a price. To give credits away, grant them to the wallet.",
    });
  if (grantedCredits(terms) >= creditsLimit)
    return refuse("invalid_request", {
      param: "bonusCredits",
      detail: "Credits and bonus together stay below 1,000,000,000.",
    });
  return approve(terms);
}

/** Whether a new version would say the same as the one in force. */
export function sameTerms(a: PackTerms, b: PackTerms): boolean {
  return (
    a.name === b.name &&
    a.credits === b.credits &&
    a.bonusCredits === b.bonusCredits &&
    a.price.amountMinor === b.price.amountMinor &&
    a.price.currency === b.price.currency &&
    a.validityDays === b.validityDays &&
    a.onSale === b.onSale
  );
}

/** For people: `500 credits for $9.99`. */
export function describePack(pack: Pick<PackTerms, "name" | "price">): string {
  return `${pack.name} for ${formatMoney(pack.price)}`;
}
