import { type BookedPurchase, readBooked } from "../checkout/booked/read-booked.js";
import { zeroCredits } from "../kernel/credits.js";
import { type PurchaseId, publicId } from "../kernel/ids.js";
import { readPurchaseGrants } from "../ledger/read-purchase-grants.js";
import type { Database } from "../platform/db/connect.js";
import { type BookedPayment, type Compared, decideDifference } from "./decide-difference.js";
import { addSums, sumOf } from "./decide-tally.js";
import { type Difference, type Run, type Sums } from "./rules.js";
import { selectOpenElsewhere, selectSettledByHand } from "./store/discrepancies.js";
import type { ListedPayment } from "./stripe.js";

/** One payment that differs from our books. */
export interface DifferingPayment {
  readonly payment: ListedPayment;
  readonly booked: BookedPayment | undefined;
  readonly difference: Difference;
  readonly canHeal: boolean;
}

export interface ComparedPayments {
  /** How many payments were compared: those of the window that are old enough. */
  readonly payments: number;
  /** By charge, session and purchase: whatever one of these had open is closed unless it still differs. */
  readonly subjects: readonly string[];
  readonly differing: readonly DifferingPayment[];
  /** What of the charged money our purchases know, and what they do not. */
  readonly sums: Sums;
}

/** Compares payments with our books, with the same few statements whatever their number. */
export async function comparePayments(
  db: Database,
  run: Run,
  listed: readonly ListedPayment[],
): Promise<ComparedPayments> {
  const payments = distinct(listed.filter(({ paidAt }) => paidAt <= run.windowTo));
  const bookedOf = await readBooks(db, run, payments);
  const compared = payments.map((payment) => {
    const booked = bookedOf(payment);
    return { payment, booked, ...decideDifference(payment, booked, run.projectId) };
  });
  return {
    payments: payments.length,
    subjects: [...new Set(compared.flatMap(subjectsOf))],
    differing: await leaveOutDecided(db, run, compared.filter(differs)),
    sums: compared.reduce<Sums>((sum, each) => addSums(sum, bookedSum(each)), {}),
  };
}

type ComparedPayment = Compared & Pick<DifferingPayment, "payment" | "booked">;

function differs(compared: ComparedPayment): compared is DifferingPayment {
  return compared.difference !== undefined;
}

/** The same charge may stand in a list twice: two refunds of one payment. */
function distinct(payments: readonly ListedPayment[]): readonly ListedPayment[] {
  const byId = new Map(
    payments.map((payment) => [payment.chargeId ?? payment.sessionId, payment] as const),
  );
  return [...byId.values()];
}

function subjectsOf({ payment, booked }: ComparedPayment): readonly string[] {
  const names = [
    payment.chargeId,
    payment.sessionId,
    booked === undefined ? null : publicId("purchase", booked.purchaseId),
  ];
  return names.filter((name) => name !== null);
}

function bookedSum({ payment, booked, difference }: ComparedPayment): Sums {
  if (payment.chargeId === null) return {};
  const isKnown = booked !== undefined && difference?.class !== "orphan_payment";
  return sumOf(payment.currency, isKnown ? "booked" : "foreign", payment.amountMinor);
}

async function readBooks(
  db: Database,
  run: Run,
  payments: readonly ListedPayment[],
): Promise<(payment: ListedPayment) => BookedPayment | undefined> {
  const named = <T>(pick: (payment: ListedPayment) => T | null): readonly T[] =>
    payments.map(pick).filter((name) => name !== null);
  const purchases = await readBooked(db, {
    accountId: run.accountId ?? "",
    livemode: run.livemode === true,
    purchaseIds: named(({ purchaseId }) => purchaseId),
    sessionIds: named(({ sessionId }) => sessionId),
    paymentIntentIds: named(({ paymentIntentId }) => paymentIntentId),
  });
  const grants = await readPurchaseGrants(
    db,
    purchases.map(({ id }) => id),
  );
  const all = purchases.map((purchase) => ({
    ...purchase,
    posted: grants.get(purchase.id)?.credits ?? zeroCredits,
  }));
  return finderOf(all);
}

type PostedPurchase = BookedPurchase & Pick<BookedPayment, "posted">;

/** By payment and session, which our own rows name, before what the metadata says. */
function finderOf(
  purchases: readonly PostedPurchase[],
): (payment: ListedPayment) => BookedPayment | undefined {
  const byName = new Map<string, BookedPayment>();
  const byId = new Map<PurchaseId, BookedPayment>();
  for (const purchase of purchases) {
    const booked = toBooked(purchase);
    byId.set(purchase.id, booked);
    for (const name of [purchase.paymentIntentId, purchase.sessionId])
      if (name !== null) byName.set(name, booked);
  }
  return ({ paymentIntentId, sessionId, purchaseId }) =>
    byName.get(paymentIntentId ?? "") ??
    byName.get(sessionId ?? "") ??
    (purchaseId === null ? undefined : byId.get(purchaseId));
}

function toBooked({
  id: purchaseId,
  amountMinor: priceMinor,
  ...purchase
}: PostedPurchase): BookedPayment {
  return { ...purchase, purchaseId, priceMinor };
}

/** An operator's word counts: what was assigned, or dismissed as it still is, is no difference any more. */
async function leaveOutDecided(
  db: Database,
  run: Run,
  differing: readonly DifferingPayment[],
): Promise<readonly DifferingPayment[]> {
  const subjects = differing.map(({ difference }) => difference.subject);
  const [decided, elsewhere] = await Promise.all([
    selectSettledByHand(db, run.accountId, subjects),
    selectOpenElsewhere(db, run, subjects),
  ]);
  return differing.filter(
    ({ difference }) =>
      !(difference.class === "orphan_payment" && elsewhere.has(difference.subject)) &&
      !decided.some((other) => isDecided(difference, other)),
  );
}

function isDecided(found: Difference, decided: Difference & { readonly state: string }): boolean {
  if (found.class !== decided.class || found.subject !== decided.subject) return false;
  return (
    decided.state === "assigned" ||
    (found.bookedMinor === decided.bookedMinor &&
      found.stripeMinor === decided.stripeMinor &&
      found.expectedCredits === decided.expectedCredits &&
      found.actualCredits === decided.actualCredits)
  );
}
