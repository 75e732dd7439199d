import { newId, publicId } from "../../src/kernel/ids.js";
import type { Line } from "./checker/journals.js";
import type { Hold, Ledger, Refund, Transfer } from "./checker/ledger.js";
import type { Payment, StripeRefund, Warning } from "./checker/stripe.js";
import { soundHistory, told } from "./sound-history.js";

const refundId = newId("refund");
const reference = publicId("refund", refundId);

const lines: readonly Line[] = [
  {
    op: "c1-6",
    at: "intent",
    kind: "refund",
    ms: 11,
    purchase: told.purchase,
    part: "amount",
    asked: 150,
  },
  {
    op: "c1-6",
    at: "answer",
    kind: "refund",
    ms: 12,
    status: 201,
    lost: 0,
    refund: reference,
    state: "accepted",
    stripeRefund: "re_1",
    minor: 150,
    taken: 10,
  },
  {
    op: "c1-7",
    at: "intent",
    kind: "usage",
    ms: 13,
    mode: "queue",
    events: [{ key: "c1-7.0", customer: "user_1", micro: 1, policy: "reject" }],
  },
  { op: "c1-7", at: "answer", kind: "usage", ms: 14, status: "added", lost: 0 },
  { op: "nemesis", at: "seen", kind: "queue emptied", ms: 15 },
];

/**
 * The sound history, gone on with: half of the purchase is refunded by us, then its bank warns of fraud; and usage is
 * produced that is lost with the queue.
 */
export function soundReturns() {
  const sound = soundHistory();
  const { ledger, purchase, payment } = sound;
  const [bought] = ledger.transfers.slice(-1);
  if (bought === undefined) throw new Error("the sound history ends with a purchase");
  const row = (seq: bigint, change: Partial<Transfer>): Transfer => ({
    ...bought,
    seq,
    amount: 10n,
    atMs: Number(seq),
    ...change,
  });
  const aside = { kind: "hold", from: "available", to: "held", cause: "hold" };
  const transfers = [
    ...ledger.transfers,
    row(7n, { ...aside, causeId: "h1", hold: "h1", available: 14n, held: 10n }),
    row(8n, {
      kind: "release",
      from: "held",
      to: "available",
      cause: "reversal",
      causeId: "r1",
      hold: "h1",
    }),
    row(9n, {
      kind: "reversal",
      from: "available",
      to: "stripe_clearing",
      cause: "reversal",
      causeId: "r1",
      available: 14n,
    }),
    row(10n, { ...aside, causeId: "h2", hold: "h2", available: 4n, held: 10n }),
  ];
  const reserve = (id: string, change: Partial<Hold>): Hold => ({
    ...sound.hold,
    id,
    amount: 10n,
    placed: 10n,
    captured: 0n,
    released: 0n,
    description: null,
    purchase: purchase.id,
    ended: null,
    ...change,
  });
  const refund: Refund = {
    id: refundId,
    purchase: purchase.id,
    amountMinor: 150n,
    credits: 10n,
    state: "accepted",
    stripeRefund: "re_1",
    finished: true,
  };
  const [gift, own] = ledger.lots;
  const after = {
    ...ledger,
    wallets: ledger.wallets.map((each) => ({ ...each, available: 4n, held: 10n, seq: 10n })),
    transfers,
    lots: [gift, own].flatMap((lot) =>
      lot === undefined ? [] : lot === gift ? [lot] : [{ ...lot, remaining: 10n, held: 10n }],
    ),
    holds: [
      ...ledger.holds,
      reserve("h1", { purpose: "refund", released: 10n, ended: "released" }),
      reserve("h2", { purpose: "fraud_warning" }),
    ],
    purchases: [{ ...purchase, state: "partially_refunded", reversed: 10n }],
    reversals: [{ id: "r1", purchase: purchase.id, number: 1, amount: 10n }],
    refunds: [refund],
    warned: [{ warning: "issfr_1", receivedMs: 100_009, finishedMs: 100_010 }],
  } satisfies Ledger;
  const payments: Payment[] = [{ ...payment, refundedMinor: 150n }];
  const refunds: StripeRefund[] = [{ id: "re_1", amountMinor: 150n, reference }];
  const warnings: Warning[] = [
    { id: "issfr_1", purchase: told.purchase, isTold: true, isLifted: false },
  ];
  return {
    lines: [...sound.lines, ...lines],
    ledger: after,
    stripe: { payments, refunds, warnings },
  };
}
