import type { Credits } from "../kernel/credits.js";
import { type ProjectId, publicId } from "../kernel/ids.js";
import { formatMoney } from "../kernel/money.js";
import type { BookedPayment } from "./decide-difference.js";
import type { Difference, DiscrepancyClass } from "./rules.js";

/** A refund or a dispute as Stripe tells of it. */
export interface StripeReturn {
  /** `re_…` or `du_…` */
  readonly id: string;
  readonly kind: "refund" | "dispute";
  readonly paymentIntentId: string | null;
  /** What it takes or is about to take, less what it gave back; null when that does not add up. */
  readonly withheldMinor: bigint | null;
  readonly currency: string;
}

/** Every class that comparing refunds and disputes can find, and so can find gone. */
export const returnClasses: readonly DiscrepancyClass[] = ["missing_reversal", "over_reversal"];

/**
 * Compares a refund or dispute with what our books know of it. Settling the purchase again reads all of its refunds
 * and disputes, and takes back or gives back what is missing.
 *
 * @param booked the purchase whose payment it is of; one that got no credits has none to take back
 * @param keptMinor what it withholds as far as our books know, 0 when they do not know it
 */
export function decideReturn(
  returned: StripeReturn,
  booked: (BookedPayment & { readonly reversed: Credits }) | undefined,
  keptMinor: bigint,
  projectId: ProjectId,
): Difference | undefined {
  const { withheldMinor } = returned;
  if (booked === undefined || booked.projectId !== projectId || booked.posted === 0n)
    return undefined;
  if (withheldMinor === keptMinor) return undefined;
  return {
    class:
      withheldMinor !== null && withheldMinor < keptMinor ? "over_reversal" : "missing_reversal",
    subject: returned.id,
    purchaseId: booked.purchaseId,
    walletId: booked.walletId,
    stripeObject: returned.id,
    currency: returned.currency,
    bookedMinor: keptMinor,
    stripeMinor: withheldMinor,
    expectedCredits: null,
    actualCredits: booked.reversed,
    detail: detailOf(returned, booked, keptMinor),
  };
}

function detailOf(
  { kind, withheldMinor, currency }: StripeReturn,
  { purchaseId }: BookedPayment,
  keptMinor: bigint,
): string {
  const said = (amountMinor: bigint) => formatMoney({ amountMinor, currency });
  const purchase = publicId("purchase", purchaseId);
  if (withheldMinor === null)
    return `What this dispute of ${purchase} withdrew and gave back does not add up; our books know of ${said(keptMinor)}.`;
  return `This ${kind} of ${purchase} withholds ${said(withheldMinor)}; our books know of ${said(keptMinor)}.`;
}
