import type Stripe from "stripe";
import { addSums, sumOf } from "./decide-tally.js";
import { secondsBefore } from "./decide-window.js";
import type { Counts, Phase, Run, Sums } from "./rules.js";
import {
  type ListedPayment,
  type ListedReturn,
  readCharge,
  readFreeSession,
  readListedDispute,
  readListedRefund,
} from "./read-listed.js";

/** One page of one of Stripe's lists, in our words. */
export interface ListedPage {
  readonly payments: readonly ListedPayment[];
  readonly returns: readonly ListedReturn[];
  readonly counts: Counts;
  readonly sums: Sums;
  /** The object behind which the next page begins, or null on the last one. */
  readonly next: string | null;
}

export type ListPhase = Extract<Phase, "sessions" | "charges" | "refunds" | "disputes" | "balance">;
type Cut = Pick<Run, "windowFrom" | "windowTo">;

/** As many as Stripe gives at once. */
export const pageSize = 100;
/** A checkout lives a day at most, so one that began before the window may have been completed in it. */
const sessionLifeSeconds = 86_400;

/**
 * Reads one page, the newest objects first, so that what is created meanwhile is not in the way. Every list is bounded
 * by the window on both sides: by the objects' own time of creation.
 */
export async function listPage(
  stripe: Stripe,
  phase: ListPhase,
  cut: Cut,
  cursor: string | null,
): Promise<ListedPage> {
  const params = {
    limit: pageSize,
    created: { gte: secondsOf(cut.windowFrom), lte: secondsOf(cut.windowTo) },
    ...(cursor === null ? {} : { starting_after: cursor }),
  };
  switch (phase) {
    case "sessions": {
      const gte = secondsOf(secondsBefore(cut.windowFrom, sessionLifeSeconds));
      const created = { ...params.created, gte };
      const page = await stripe.checkout.sessions.list({ ...params, created });
      return pageOf(page, {
        counts: { sessions: page.data.length },
        payments: page.data.map(readFreeSession),
      });
    }
    case "charges":
      return chargesOf(
        await stripe.charges.list({
          ...params,
          expand: ["data.balance_transaction", "data.refunds"],
        }),
      );
    case "refunds":
      return refundsOf(await stripe.refunds.list({ ...params, expand: ["data.charge"] }));
    case "disputes":
      return disputesOf(await stripe.disputes.list({ ...params, expand: ["data.charge"] }));
    case "balance":
      return balanceOf(
        await stripe.balanceTransactions.list({
          ...params,
          // A payment's movement may come long after it, so only where each began is bounded.
          created: { gte: params.created.gte },
          expand: ["data.source"],
        }),
        cut,
      );
  }
}

/** The same refund or dispute as it is now. */
export async function retrieveReturn(
  stripe: Stripe,
  { kind, id }: Pick<ListedReturn, "kind" | "id">,
): Promise<ListedReturn> {
  return kind === "refund"
    ? readListedRefund(await stripe.refunds.retrieve(id))
    : readListedDispute(await stripe.disputes.retrieve(id));
}

interface StripePage<T> {
  readonly data: readonly T[];
  readonly has_more: boolean;
}

type Told = Pick<ListedPage, "counts"> & {
  readonly payments?: readonly (ListedPayment | undefined)[];
  readonly returns?: readonly ListedReturn[];
  readonly sums?: readonly Sums[];
};

function pageOf(page: StripePage<{ readonly id: string }>, told: Told): ListedPage {
  const { payments = [], returns = [], sums = [], counts } = told;
  return {
    payments: payments.filter((payment) => payment !== undefined),
    returns,
    counts,
    sums: sums.reduce(addSums, {}),
    next: page.has_more ? (page.data.at(-1)?.id ?? null) : null,
  };
}

/** A charge comes with its ten newest refunds, so that one that failed long after its creation is met, too. */
function chargesOf(page: StripePage<Stripe.Charge>): ListedPage {
  const payments = page.data.map(readCharge);
  return pageOf(page, {
    counts: { charges: page.data.length },
    payments,
    returns: page.data.flatMap(({ refunds }) => (refunds?.data ?? []).map(readListedRefund)),
    sums: payments
      .filter((payment) => payment !== undefined)
      .map(({ currency, amountMinor }) => sumOf(currency, "charged", amountMinor)),
  });
}

/** A refund is counted once its money left, and no more once it came back. */
function refundsOf(page: StripePage<Stripe.Refund>): ListedPage {
  const left = page.data.filter(
    (refund) => has(refund.balance_transaction) && !has(refund.failure_balance_transaction),
  );
  return pageOf(page, {
    counts: { refunds: page.data.length },
    payments: page.data.map(chargeOf),
    returns: page.data.map(readListedRefund),
    sums: left.map(({ currency, amount }) => sumOf(currency, "refunded", BigInt(amount))),
  });
}

function has(reference: unknown): boolean {
  return reference !== null && reference !== undefined;
}

function disputesOf(page: StripePage<Stripe.Dispute>): ListedPage {
  const moved = page.data.flatMap((dispute) => dispute.balance_transactions);
  return pageOf(page, {
    counts: { disputes: page.data.length },
    payments: page.data.map(chargeOf),
    returns: page.data.map(readListedDispute),
    sums: moved.map(({ currency, amount }) => sumOf(currency, "disputed", BigInt(-amount))),
  });
}

function chargeOf({
  charge,
}: {
  readonly charge: string | Stripe.Charge | null;
}): ListedPayment | undefined {
  return typeof charge === "object" && charge !== null ? readCharge(charge) : undefined;
}

/** What moved money leads to objects of any age: a refund that failed, a dispute that was won. */
function balanceOf(page: StripePage<Stripe.BalanceTransaction>, cut: Cut): ListedPage {
  const sources = page.data
    .map(({ source }) => source)
    .filter((source) => typeof source === "object" && source !== null);
  return pageOf(page, {
    counts: { balanceTransactions: page.data.length },
    payments: sources.map((source) =>
      source.object === "charge" ? readCharge(source) : undefined,
    ),
    returns: sources.flatMap((source) => {
      if (source.object === "refund") return [readListedRefund(source)];
      return source.object === "dispute" ? [readListedDispute(source)] : [];
    }),
    sums: page.data.map((entry) => movedBy(entry, cut)),
  });
}

/**
 * What a movement of the balance says of an object of the window. Charges and refunds count in the currency of the
 * payment, which may not be that of the balance; disputes in that of the balance, on both sides.
 */
function movedBy(entry: Stripe.BalanceTransaction, cut: Cut): Sums {
  const { source, type } = entry;
  if (typeof source !== "object" || source === null || !("created" in source)) return {};
  const isInWindow =
    source.created >= secondsOf(cut.windowFrom) && source.created <= secondsOf(cut.windowTo);
  if (!isInWindow) return {};
  if (source.object === "charge" && (type === "charge" || type === "payment"))
    return sumOf(source.currency, "balanceCharged", BigInt(source.amount_captured));
  if (source.object === "refund")
    return sumOf(
      source.currency,
      "balanceRefunded",
      BigInt(entry.amount < 0 ? source.amount : -source.amount),
    );
  if (source.object === "dispute")
    return sumOf(entry.currency, "balanceDisputed", BigInt(-entry.amount));
  return {};
}

function secondsOf(date: Date): number {
  return Math.floor(date.getTime() / 1_000);
}
