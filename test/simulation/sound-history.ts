import { newId, publicId } from "../../src/kernel/ids.js";
import type { Line } from "./checker/journals.js";
import type { Hold, Ledger, Purchase, Reversal, Transfer, UsageEvent } from "./checker/ledger.js";
import type { Payment } from "./checker/stripe.js";

export const wallet = "w";
const purchaseId = newId("purchase");
const holdId = newId("hold");
const captureId = newId("capture");
/** The ids as clients were told them, encoded by the product; the checker decodes them by itself. */
export const told = {
  purchase: publicId("purchase", purchaseId),
  hold: publicId("hold", holdId),
  capture: publicId("capture", captureId),
};

const blank = {
  wallet,
  available: 0n,
  held: 0n,
  debt: 0n,
  cause: "",
  causeId: "",
  lot: 1,
  hold: null,
  memo: null,
  atMs: 0,
};

/** A sound history: a gift of 10, a usage of 4, a hold of 3 with a capture of 2, a purchase of 20. */
export function soundHistory() {
  const transfers: Transfer[] = [
    {
      ...blank,
      seq: 1n,
      kind: "promotion",
      from: "promotion",
      to: "available",
      amount: 10n,
      available: 10n,
      cause: "operator",
      memo: "c1-1",
    },
    {
      ...blank,
      seq: 2n,
      kind: "spend",
      from: "available",
      to: "revenue",
      amount: 4n,
      available: 6n,
      cause: "usage",
      causeId: "u1",
    },
    {
      ...blank,
      seq: 3n,
      kind: "hold",
      from: "available",
      to: "held",
      amount: 3n,
      available: 3n,
      held: 3n,
      cause: "hold",
      causeId: holdId,
      hold: holdId,
    },
    {
      ...blank,
      seq: 4n,
      kind: "capture",
      from: "held",
      to: "revenue",
      amount: 2n,
      available: 3n,
      held: 1n,
      cause: "capture",
      causeId: captureId,
      hold: holdId,
    },
    {
      ...blank,
      seq: 5n,
      kind: "release",
      from: "held",
      to: "available",
      amount: 1n,
      available: 4n,
      cause: "release",
      causeId: holdId,
      hold: holdId,
    },
    {
      ...blank,
      seq: 6n,
      kind: "purchase",
      from: "stripe_clearing",
      to: "available",
      amount: 20n,
      available: 24n,
      cause: "purchase",
      causeId: purchaseId,
      lot: 2,
    },
  ];
  const event: UsageEvent = {
    id: "u1",
    key: "c1-2.0",
    wallet,
    credits: 4n,
    batch: "applied",
    outcome: null,
    reason: null,
    met: null,
    problem: null,
  };
  const hold: Hold = {
    id: holdId,
    wallet,
    amount: 3n,
    placed: 3n,
    captured: 2n,
    released: 1n,
    ended: "captured",
    description: "c1-3",
    purpose: null,
    purchase: null,
  };
  const purchase: Purchase = {
    id: purchaseId,
    wallet,
    credits: 20n,
    amountMinor: 300n,
    state: "paid",
    session: "cs_1",
    granted: 20n,
    reversed: 0n,
    quarantined: false,
  };
  const payment: Payment = {
    session: "cs_1",
    purchase: told.purchase,
    isPaid: true,
    amountMinor: 300n,
    refundedMinor: 0n,
    withheldMinor: 0n,
  };
  const lines: Line[] = [
    { op: "c1-1", at: "intent", kind: "give", ms: 1, customer: "user_1", micro: 10 },
    { op: "c1-1", at: "answer", kind: "give", ms: 2, status: 201, lost: 0 },
    {
      op: "c1-2",
      at: "intent",
      kind: "usage",
      ms: 3,
      mode: "now",
      events: [{ key: "c1-2.0", customer: "user_1", micro: 4, policy: "reject" }],
    },
    {
      op: "c1-2",
      at: "answer",
      kind: "usage",
      ms: 4,
      status: 200,
      lost: 0,
      state: "applied",
      taken: 4,
      balance: { available: 6 },
    },
    { op: "c1-3", at: "intent", kind: "hold", ms: 5, customer: "user_1", micro: 3 },
    { op: "c1-3", at: "answer", kind: "hold", ms: 6, status: 201, lost: 0, hold: told.hold },
    { op: "c1-4", at: "intent", kind: "capture", ms: 7, hold: told.hold, micro: 2 },
    {
      op: "c1-4",
      at: "answer",
      kind: "capture",
      ms: 8,
      status: 201,
      lost: 0,
      capture: told.capture,
      taken: 2,
    },
    { op: "c1-5", at: "intent", kind: "checkout", ms: 9, customer: "user_1" },
    {
      op: "c1-5",
      at: "answer",
      kind: "checkout",
      ms: 10,
      status: 201,
      lost: 0,
      purchase: told.purchase,
      session: "cs_1",
    },
  ];
  const ledger = {
    wallets: [{ id: wallet, customer: "user_1", available: 24n, held: 0n, debt: 0n, seq: 6n }],
    transfers,
    lots: [
      { wallet, lot: 1, granted: 10n, remaining: 4n, held: 0n, purchase: null },
      { wallet, lot: 2, granted: 20n, remaining: 20n, held: 0n, purchase: purchaseId },
    ],
    holds: [hold],
    events: [event],
    purchases: [purchase],
    reversals: [] as Reversal[],
    refunds: [],
    warned: [],
    inbox: new Map([["processed", 3]]),
  } satisfies Ledger;
  return { ledger, lines, payments: [payment], event, hold, purchase, payment };
}
