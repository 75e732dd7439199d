import { describe, expect, it } from "vitest";
import { check } from "./checker/check.js";
import type { History } from "./checker/history.js";
import { type Line, toActs } from "./checker/journals.js";
import type { Transfer } from "./checker/ledger.js";
import { soundHistory, told, wallet } from "./sound-history.js";

const theWallet = { id: wallet, customer: "user_1", held: 0n, debt: 0n };

type Sound = ReturnType<typeof soundHistory>;

function rulesBroken(change: (history: Sound) => void): readonly string[] {
  const made = soundHistory();
  change(made);
  const history: History = {
    journals: toActs(made.lines),
    ledger: made.ledger,
    stripe: { payments: made.payments, refunds: [], warnings: [] },
  };
  return [...new Set(check(history).map(({ rule }) => rule))].sort();
}

const setLine = (history: Sound, at: number, change: Partial<Line>): void => {
  const line = history.lines[at];
  if (line !== undefined) history.lines[at] = { ...line, ...change };
};
const setRow = (history: Sound, at: number, change: Partial<Transfer>): void => {
  const row = history.ledger.transfers[at];
  if (row !== undefined) history.ledger.transfers[at] = { ...row, ...change };
};

describe("the storm's checker", () => {
  it("finds nothing in a sound history", () => {
    expect(rulesBroken(() => undefined)).toEqual([]);
  });

  it.each<[string, string, (history: Sound) => void]>([
    ["usage that was answered and is gone", "lost", ({ ledger }) => void (ledger.events = [])],
    [
      "a gift that was answered and is gone",
      "lost",
      (h) => setRow(h, 0, { kind: "correction_in" }),
    ],
    ["a hold that was answered and is gone", "lost", ({ ledger }) => void (ledger.holds = [])],
    [
      "a capture that was answered and is gone",
      "lost",
      (h) => setLine(h, 7, { capture: told.hold }),
    ],
    [
      "a checkout that was answered and is gone",
      "lost",
      ({ ledger }) => void (ledger.purchases = []),
    ],
    [
      "usage that was kept twice",
      "applied_twice",
      ({ ledger, event }) => void ledger.events.push({ ...event, id: "u2" }),
    ],
    [
      "usage that took more than it costs",
      "applied_twice",
      (h) =>
        setLine(h, 2, {
          events: [{ key: "c1-2.0", customer: "user_1", micro: 2, policy: "reject" }],
        }),
    ],
    [
      "a hold that was placed twice",
      "applied_twice",
      ({ ledger, hold }) => void ledger.holds.push({ ...hold, id: "h2" }),
    ],
    ["a capture that nobody asked for", "applied_twice", (h) => setLine(h, 6, { kind: "other" })],
    [
      "usage that nobody meant",
      "phantom",
      ({ ledger, event }) => void ledger.events.push({ ...event, id: "u2", key: "c9-9.0" }),
    ],
    ["usage that was refused and done", "refused_but_done", (h) => setLine(h, 3, { status: 402 })],
    ["a row below zero", "below_zero", (h) => setRow(h, 1, { amount: 14n })],
    ["a row that is missing", "seq_gap", ({ ledger }) => void ledger.transfers.splice(4, 1)],
    ["a balance that does not follow", "balance_broken", (h) => setRow(h, 3, { available: 4n })],
    [
      "a wallet that is not the sum of its rows",
      "wallet_drift",
      ({ ledger }) =>
        void (ledger.wallets = [
          { id: wallet, customer: "user_1", available: 25n, held: 0n, debt: 0n, seq: 6n },
        ]),
    ],
    ["a lot that is spent twice", "lot_out_of_range", (h) => setRow(h, 5, { lot: 1 })],
    ["a payment without credits", "missing_grant", (h) => setRow(h, 5, { kind: "correction_in" })],
    [
      "credits without a payment",
      "double_grant",
      (h) => void (h.payments = [{ ...h.payment, isPaid: false }]),
    ],
    ["a purchase that Stripe does not know", "phantom", (h) => void (h.payments = [])],
    [
      "usage that waits for ever",
      "not_ended",
      ({ ledger, event }) => void (ledger.events = [{ ...event, batch: "waiting" }]),
    ],
    [
      "a hold that stays open",
      "not_ended",
      ({ ledger, hold }) => void (ledger.holds = [{ ...hold, ended: null }]),
    ],
    [
      "an event of Stripe that waits for ever",
      "not_ended",
      ({ ledger }) => void ledger.inbox.set("received", 1),
    ],
    [
      "a wallet of somebody else",
      "wrong_wallet",
      (h) =>
        setLine(h, 2, {
          events: [{ key: "c1-2.0", customer: "user_2", micro: 4, policy: "reject" }],
        }),
    ],
    [
      "a refusal of what could be paid",
      "unjust_refusal",
      ({ ledger, event }) =>
        void (ledger.events = [
          { ...event, outcome: "rejected", reason: "insufficient_credits", met: 5n },
        ]),
    ],
    ["debt without leave", "wrong_policy", (h) => setRow(h, 1, { kind: "overdraft" })],
    [
      "an answer with another balance",
      "wrong_answer",
      (h) => setLine(h, 3, { balance: { available: 7 } }),
    ],
    [
      "an answer that differs when asked again",
      "wrong_answer",
      (h) => void h.lines.push({ op: "c1-1", at: "seen", kind: "replay", ms: 11, isSame: false }),
    ],
    [
      "what was answered before it was asked for, behind it",
      "not_linearizable",
      (h) => setLine(h, 0, { ms: 4.5 }),
    ],
  ])("finds %s", (_what, rule, change) => {
    expect(rulesBroken(change)).toContain(rule);
  });

  it("counts what goes back by the share of the money, and never more than was granted", () => {
    const takenBack = (amount: bigint, minor: bigint) => (h: Sound) => {
      h.payments = [{ ...h.payment, refundedMinor: minor }];
      h.purchase = { ...h.purchase, reversed: amount };
      h.ledger.purchases = [h.purchase];
      h.ledger.reversals.push({ id: "r1", purchase: h.purchase.id, number: 1, amount });
      const [last] = h.ledger.transfers.slice(-1);
      if (last === undefined) return;
      const row = { from: "available", to: "stripe_clearing", available: 24n - amount };
      const cause = { cause: "reversal", causeId: "r1", kind: "reversal" };
      h.ledger.transfers.push({ ...last, ...row, ...cause, seq: 7n, amount });
      h.ledger.wallets = [{ ...theWallet, available: 24n - amount, seq: 7n }];
      h.ledger.lots = h.ledger.lots.map((lot) =>
        lot.lot === 2 ? { ...lot, remaining: 20n - amount } : lot,
      );
    };
    expect(rulesBroken(takenBack(10n, 150n))).toEqual([]);
    expect(rulesBroken(takenBack(10n, 151n))).toEqual([]);
    expect(rulesBroken(takenBack(20n, 300n))).toEqual([]);
    expect(rulesBroken(takenBack(10n, 165n))).toEqual(["missing_reversal"]);
    expect(rulesBroken(takenBack(10n, 149n))).toEqual(["over_reversal"]);
    const unwritten = (h: Sound): void => {
      takenBack(10n, 150n)(h);
      h.ledger.reversals.pop();
    };
    expect(rulesBroken(unwritten)).toContain("phantom");
    const refunded = (h: Sound) => void (h.payments = [{ ...h.payment, withheldMinor: 300n }]);
    expect(rulesBroken(refunded)).toEqual(["missing_reversal"]);
    expect(rulesBroken(takenBack(30n, 300n))).toContain("over_reversal");
  });

  it("takes what nobody was answered as done or not", () => {
    expect(rulesBroken((h) => void h.lines.splice(3, 1))).toEqual([]);
    expect(
      rulesBroken(
        (h) => void h.lines.push({ op: "c1-9", at: "intent", kind: "give", ms: 12, micro: 5 }),
      ),
    ).toEqual([]);
  });

  it("finds usage out of the order in which it was taken", () => {
    const later = (h: Sound): void => {
      const second = {
        op: "c2-1",
        at: "intent",
        kind: "usage",
        ms: 5,
        mode: "later",
        events: [{ key: "c2-1.0", customer: "user_1", micro: 2, policy: "reject" }],
      };
      setLine(h, 2, { mode: "later" });
      h.lines.push(second, {
        op: "c2-1",
        at: "answer",
        kind: "usage",
        ms: 6,
        status: 202,
        lost: 0,
      });
      h.ledger.events.push({ ...h.event, id: "u2", key: "c2-1.0", credits: 2n });
      setRow(h, 3, { cause: "usage", causeId: "u2" });
    };
    expect(rulesBroken(later)).not.toContain("not_linearizable");
    const swapped = (h: Sound): void => {
      later(h);
      h.ledger.events = h.ledger.events.map((event) => ({
        ...event,
        id: event.id === "u1" ? "u2" : "u1",
      }));
    };
    expect(rulesBroken(swapped)).toContain("not_linearizable");
  });
});
