import { type BookedPurchase, readBooked } from "../checkout/booked/read-booked.js";
import { type Credits, zeroCredits } from "../kernel/credits.js";
import type { PurchaseId } from "../kernel/ids.js";
import { readPurchaseGrants } from "../ledger/read-purchase-grants.js";
import type { Database } from "../platform/db/connect.js";
import type { BookedPayment } from "./decide-difference.js";
import type { Run } from "./rules.js";

/** A purchase as it is compared with what Stripe says of its payment. */
export interface BookedNow extends BookedPayment {
  /** Credits taken back for refunds and disputes. */
  readonly reversed: Credits;
}

/** The names under which a payment may be known to our books. */
export interface Named {
  readonly paymentIntentId: string | null;
  readonly sessionId?: string | null;
  readonly purchaseId?: PurchaseId | null;
}

/** All purchases of the account that go by one of these names, with the same few statements whatever their number. */
export async function readBooks(
  db: Database,
  run: Run,
  named: readonly Named[],
): Promise<(name: Named) => BookedNow | undefined> {
  const purchases = await readBooked(db, {
    accountId: run.accountId ?? "",
    livemode: run.livemode === true,
    purchaseIds: given(named.map(({ purchaseId }) => purchaseId)),
    sessionIds: given(named.map(({ sessionId }) => sessionId)),
    paymentIntentIds: given(named.map(({ paymentIntentId }) => paymentIntentId)),
  });
  const grants = await readPurchaseGrants(
    db,
    purchases.map(({ id }) => id),
  );
  return finderOf(
    purchases.map((purchase) => ({
      ...purchase,
      posted: grants.get(purchase.id)?.credits ?? zeroCredits,
    })),
  );
}

function given<T>(names: readonly (T | null | undefined)[]): readonly T[] {
  return names.filter((name) => name !== null && name !== undefined);
}

type PostedPurchase = BookedPurchase & Pick<BookedPayment, "posted">;

/** By payment and session, which our own rows name, before what the metadata says. */
function finderOf(purchases: readonly PostedPurchase[]): (name: Named) => BookedNow | undefined {
  const byName = new Map<string, BookedNow>();
  const byId = new Map<PurchaseId, BookedNow>();
  for (const purchase of purchases) {
    const booked = toBooked(purchase);
    byId.set(purchase.id, booked);
    for (const name of given([purchase.paymentIntentId, purchase.sessionId]))
      byName.set(name, booked);
  }
  return ({ paymentIntentId, sessionId, purchaseId }) =>
    byName.get(paymentIntentId ?? "") ??
    byName.get(sessionId ?? "") ??
    (purchaseId === null || purchaseId === undefined ? undefined : byId.get(purchaseId));
}

function toBooked({ id: purchaseId, amountMinor: priceMinor, ...purchase }: PostedPurchase) {
  return { ...purchase, purchaseId, priceMinor };
}
