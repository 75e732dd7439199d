import { isSettled, type Purchase } from "../checkout/rules.js";
import { encodeCursor } from "../kernel/page.js";

/** How a checkout went, as its buyer is told. */
export type ReturnState =
  | "credited"
  | "disputed"
  | "partially_refunded"
  | "refunded"
  | "processing"
  /** Stripe could not be asked: nobody knows yet, so nobody is told to pay. */
  | "confirming"
  | "unpaid"
  | "failed"
  | "expired"
  | "canceled"
  | "quarantined";

export function returnState(
  purchase: Pick<Purchase, "state" | "quarantinedAt" | "disputed">,
  stripeAnswered: boolean,
): ReturnState {
  if (purchase.quarantinedAt !== null) return "quarantined";
  if (!stripeAnswered && !isSettled(purchase)) return "confirming";
  switch (purchase.state) {
    case "paid":
      return purchase.disputed ? "disputed" : "credited";
    case "created":
    case "pending":
      return "unpaid";
    default:
      return purchase.state;
  }
}

export const refreshSeconds = 3;
/** Ten minutes. Bank debits take days, and a forgotten tab must not ask Stripe all that time. */
export const refreshesMax = (10 * 60) / refreshSeconds;

/** How often the page has loaded itself by now, from its own query. Anything odd counts as the end. */
export function parseRefreshes(text: string | undefined): number {
  if (text === undefined) return 0;
  return /^\d{1,3}$/.test(text) ? Math.min(Number(text), refreshesMax) : refreshesMax;
}

/** Appends to the query as the merchant wrote it, in front of a fragment; nothing in it is encoded anew. */
export function withCheckout(url: string, purchaseRef: string): string {
  const [, address = "", fragment = ""] = /^([^#]*)(#.*)?$/s.exec(url) ?? [];
  const joint = !address.includes("?") ? "?" : /[?&]$/.test(address) ? "" : "&";
  return `${address}${joint}checkout=${encodeURIComponent(purchaseRef)}${fragment}`;
}

/** Sessions live a day at most. After that an address in a browser's history opens no wallet any more. */
const walletReturnHoursMax = 24;

/**
 * Whether whoever shows this checkout may be led to its wallet: it began on the wallet page, not long ago, the
 * browser has its session, and it was paid. Were unpaid ones led there, too, a link that leaked could be prolonged
 * for ever, by starting checkouts and turning back.
 */
export function leadsToWallet(
  purchase: Pick<Purchase, "successUrl" | "createdAt" | "state" | "quarantinedAt">,
  now: { readonly walletUrl: string; readonly nowMs: number; readonly hasSession: boolean },
): boolean {
  const ageMs = now.nowMs - purchase.createdAt.getTime();
  return (
    purchase.state === "paid" &&
    purchase.quarantinedAt === null &&
    purchase.successUrl === now.walletUrl &&
    ageMs < walletReturnHoursMax * 3_600_000 &&
    now.hasSession
  );
}

/**
 * The cursor of the page with newer lines: `undefined` on the newest page, `null` when that page is the first one.
 * Exact, because the lines of a wallet are numbered without a gap.
 */
export function newerCursor(
  shown: { readonly seqFirst: bigint | undefined; readonly seqLast: bigint },
  size: number,
): string | null | undefined {
  const { seqFirst, seqLast } = shown;
  if (seqFirst === undefined) return null;
  if (seqFirst >= seqLast) return undefined;
  const seqBefore = seqFirst + BigInt(size) + 1n;
  return seqBefore > seqLast ? null : encodeCursor(String(seqBefore));
}
