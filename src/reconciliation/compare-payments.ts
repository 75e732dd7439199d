import { type Credits } from "../kernel/credits.js";
import { publicId, type PurchaseId } from "../kernel/ids.js";
import type { Database } from "../platform/db/connect.js";
import { type Compared, decideDifference } from "./decide-difference.js";
import { addSums, sumOf } from "./decide-tally.js";
import { type BookedNow, readBooks } from "./read-books.js";
import type { Difference, Run, Sums } from "./rules.js";
import type { ListedPayment } from "./read-listed.js";

/** What to settle again, for a difference that may go away by it. */
export interface SettleOrder {
  readonly booked: BookedNow;
  /** The session that the difference was found by, when it was. */
  readonly sessionId: string | null;
  readonly paymentIntentId: string | null;
  /** A dispute differs, so disputes are to be read whatever the charge says. */
  readonly disputes: boolean;
}

/** One thing that differs from our books. */
export interface Differing {
  readonly difference: Difference;
  /** Nothing for what needs a person. */
  readonly heal: SettleOrder | undefined;
}

export interface ComparedPage {
  /** Payments that were compared: those of the window that are old enough. */
  readonly payments: number;
  /** By charge, session, refund, dispute and purchase: what one of these had open is closed unless it still differs. */
  readonly subjects: readonly string[];
  readonly differing: readonly Differing[];
  /** The purchases of the run's project whose own payment was met. */
  readonly sighted: readonly PurchaseId[];
  /** What of the charged money our purchases know, and what they do not. */
  readonly sums: Sums;
  /** By subject: the credits that were given, or taken back, as it is now. */
  readonly credits: ReadonlyMap<string, Credits>;
}

/** Compares payments with our books. */
export async function comparePayments(
  db: Database,
  run: Run,
  listed: readonly ListedPayment[],
): Promise<ComparedPage> {
  const payments = distinct(listed.filter(({ paidAt }) => paidAt <= run.windowTo));
  const bookedOf = await readBooks(db, run, payments);
  const compared = payments.map((payment) => {
    const booked = bookedOf(payment);
    return { payment, booked, ...decideDifference(payment, booked, run.projectId) };
  });
  return {
    payments: payments.length,
    subjects: [...new Set(compared.flatMap(subjectsOf))],
    differing: compared.flatMap(differingOf),
    sighted: compared.flatMap((each) => sightedOf(each, run)),
    sums: compared.reduce<Sums>((sum, each) => addSums(sum, bookedSum(each)), {}),
    credits: new Map(
      compared.flatMap((each) =>
        subjectsOf(each).flatMap((subject) =>
          each.booked === undefined ? [] : [[subject, each.booked.posted] as const],
        ),
      ),
    ),
  };
}

interface ComparedPayment extends Compared {
  readonly payment: ListedPayment;
  readonly booked: BookedNow | undefined;
}

function differingOf({ payment, booked, difference, canHeal }: ComparedPayment): Differing[] {
  if (difference === undefined) return [];
  const { sessionId, paymentIntentId } = payment;
  const heal =
    canHeal && booked !== undefined
      ? { booked, sessionId, paymentIntentId, disputes: false }
      : undefined;
  return [{ difference, heal }];
}

/** A second payment says nothing of the first. */
function sightedOf({ booked, difference }: ComparedPayment, run: Run): readonly PurchaseId[] {
  const isOwn = booked?.projectId === run.projectId && difference?.class !== "orphan_payment";
  return booked !== undefined && isOwn ? [booked.purchaseId] : [];
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
