import { describe, expect, it } from "vitest";
import { check } from "./checker/check.js";
import { toActs } from "./checker/journals.js";
import { told } from "./sound-history.js";
import { soundReturns } from "./sound-returns.js";

type Returned = ReturnType<typeof soundReturns>;

function rulesBroken(change: (history: Returned) => void): readonly string[] {
  const made = soundReturns();
  change(made);
  const { lines, ledger, stripe } = made;
  const found = check({ journals: toActs(lines), ledger, stripe });
  return [...new Set(found.map(({ rule }) => rule))].sort();
}

const edit = <T>(list: T[], at: number, change: Partial<T>): void => {
  const item = list[at];
  if (item !== undefined) list[at] = { ...item, ...change };
};

describe("the storm's checker, of money that goes back and of produced usage", () => {
  it("finds nothing where money was sent back, a bank has warned, and a queue was emptied", () => {
    expect(rulesBroken(() => undefined)).toEqual([]);
  });

  it("asks for nothing set aside when a warning came after a dispute was won", () => {
    const lifted = (history: Returned): void => {
      history.ledger.holds.pop();
      history.ledger.transfers.pop();
      edit(history.stripe.warnings, 0, { isLifted: true });
    };
    expect(rulesBroken(lifted)).not.toContain("not_frozen");
  });

  it.each<[string, string, (history: Returned) => void]>([
    ["a refund that was answered and is gone", "lost", (h) => void h.ledger.refunds.pop()],
    ["a refund that Stripe does not have", "lost", (h) => void h.stripe.refunds.pop()],
    [
      "a refund that Stripe has twice",
      "applied_twice",
      (h) => void h.stripe.refunds.push(...h.stripe.refunds),
    ],
    [
      "a refund that failed and that Stripe has",
      "refused_but_done",
      (h) => edit(h.ledger.refunds, 0, { state: "failed", stripeRefund: null }),
    ],
    ["a refund that nobody asked for", "phantom", (h) => void h.lines.splice(10, 2)],
    [
      "a refund of ours that is in no book",
      "phantom",
      (h) => edit(h.stripe.refunds, 0, { reference: told.hold }),
    ],
    [
      "a refund that is not over",
      "not_ended",
      (h) => edit(h.ledger.refunds, 0, { finished: false }),
    ],
    ["a refund of another sum", "wrong_amount", (h) => edit(h.lines, 10, { asked: 149 })],
    ["another refund than was answered", "wrong_answer", (h) => edit(h.lines, 11, { minor: 151 })],
    [
      "credits set aside for a refund that stay so",
      "not_ended",
      (h) => edit(h.ledger.holds, 1, { ended: null }),
    ],
    ["credits set aside without a warning", "phantom", (h) => void h.stripe.warnings.pop()],
    [
      "credits of another lot set aside",
      "wrong_lot",
      (h) => edit(h.ledger.transfers, 9, { lot: 1 }),
    ],
    [
      "a warning after which nothing was set aside",
      "not_frozen",
      (h) => {
        h.ledger.holds.pop();
        h.ledger.transfers.pop();
      },
    ],
    [
      "produced usage that is gone from a queue that was kept",
      "lost",
      (h) => edit(h.lines, 14, { ms: 12 }),
    ],
    [
      "a warning that nobody looked at",
      "lost",
      (h) =>
        void h.stripe.warnings.push({
          id: "issfr_2",
          purchase: told.purchase,
          isTold: true,
          isLifted: false,
        }),
    ],
    [
      "produced usage that was seen and is gone",
      "lost",
      (h) => void h.lines.push({ op: "c1-7", at: "seen", kind: "usage", key: "c1-7.0", ms: 16 }),
    ],
  ])("finds %s", (_what, rule, change) => {
    expect(rulesBroken(change)).toContain(rule);
  });
});
