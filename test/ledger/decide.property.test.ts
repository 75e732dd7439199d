import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { creditsLimit, micro, sumCredits } from "../../src/kernel/credits.js";
import { newId } from "../../src/kernel/ids.js";
import { approvedOrThrow } from "../../src/kernel/verdict.js";
import { type Book, type Posting } from "../../src/ledger/decide.js";
import { decideGrant } from "../../src/ledger/decide-grant.js";
import { decideWithdrawal } from "../../src/ledger/decide-withdrawal.js";
import { compareBurnOrder, freeOf } from "../../src/ledger/lots.js";
import { balanceChange, movements, totalBalance } from "../../src/ledger/movements.js";
import { toldBy } from "./commands.js";
import { type Act, acts, amounts, books, grants, withdrawals } from "./ledger-arbitraries.js";
import { NaiveLedger } from "./naive-ledger.js";

const decide = (book: Book, act: Act) =>
  act.type === "grant" ? decideGrant(book, act.grant) : decideWithdrawal(book, act.withdrawal);

/** Runs the acts one behind the other; what is refused leaves the book as it was. */
function run(start: Book, todo: readonly Act[]): { after: Book; postings: readonly Posting[] } {
  let after = start;
  const postings: Posting[] = [];
  for (const act of todo) {
    const verdict = decide(after, act);
    if (!verdict.approved) continue;
    postings.push(verdict.value);
    after = verdict.value.after;
  }
  return { after, postings };
}

const remains = (book: Book) =>
  Object.fromEntries(book.lots.map((lot) => [lot.lotNo, lot.remaining]));
const balances = ({ available, held, debt }: Book) => ({ available, held, debt });
const runs = { numRuns: 300 };

describe("decisions about a wallet", () => {
  it("agree with a ledger that moves one micro-credit at a time", () => {
    fc.assert(
      fc.property(books, fc.array(acts, { maxLength: 12 }), (start, todo) => {
        const naive = NaiveLedger.of(start);
        let book = start;
        for (const act of todo) {
          const verdict = decide(book, act);
          if (act.type === "grant") {
            const { amount, expiresAt, kind } = act.grant;
            naive.grant(amount, expiresAt, kind === "purchase" ? "it" : null);
          } else {
            expect(naive.withdraw(act.withdrawal.amount)).toBe(toldBy(verdict));
          }
          if (verdict.approved) book = verdict.value.after;
          const { available, held, debt } = naive;
          expect(balances(book)).toEqual({ available, held, debt });
          expect(remains(book)).toEqual(naive.lots);
        }
      }),
      runs,
    );
  });

  it("create and lose nothing: each balance changes by exactly what the rows moved into and out of it", () => {
    fc.assert(
      fc.property(books, fc.array(acts, { maxLength: 12 }), (start, todo) => {
        const { after, postings } = run(start, todo);
        const accounts = new Map<string, bigint>();
        for (const { kind, amount } of postings.flatMap((posting) => posting.transfers)) {
          const { from, to } = movements[kind];
          accounts.set(from, (accounts.get(from) ?? 0n) - amount);
          accounts.set(to, (accounts.get(to) ?? 0n) + amount);
        }
        expect(accounts.get("available") ?? 0n).toBe(after.available - start.available);
        expect(accounts.get("held") ?? 0n).toBe(after.held - start.held);
        expect(accounts.get("debt") ?? 0n).toBe(start.debt - after.debt);
      }),
      runs,
    );
  });

  it("never show a balance below zero, not even between two rows of one posting", () => {
    fc.assert(
      fc.property(books, fc.array(acts, { maxLength: 12 }), (start, todo) => {
        for (const row of run(start, todo).postings.flatMap((posting) => posting.transfers)) {
          expect(row.amount).toBeGreaterThan(0n);
          expect(row.available).toBeGreaterThanOrEqual(0n);
          expect(row.held).toBeGreaterThanOrEqual(0n);
          expect(row.debt).toBeGreaterThanOrEqual(0n);
        }
      }),
      runs,
    );
  });

  it("make a statement that adds up: numbered without a gap, each line by exactly its own change", () => {
    fc.assert(
      fc.property(books, fc.array(acts, { maxLength: 12 }), (start, todo) => {
        const { after, postings } = run(start, todo);
        let { seq } = start;
        let total = totalBalance(start);
        for (const row of postings.flatMap((posting) => posting.transfers)) {
          seq += 1n;
          total = micro(total + totalBalance(balanceChange(row.kind, row.amount)));
          expect(row.seq).toBe(seq);
          expect(totalBalance(row)).toBe(total);
        }
        expect(after.seq).toBe(seq);
        expect(totalBalance(after)).toBe(total);
      }),
      runs,
    );
  });

  it("keep in the lots exactly what is available and held, and never an empty or an overfull lot", () => {
    fc.assert(
      fc.property(books, fc.array(acts, { maxLength: 12 }), (start, todo) => {
        let granted = new Map(start.lots.map((lot) => [lot.lotNo, lot.remaining]));
        for (const { after, newLots } of run(start, todo).postings) {
          granted = new Map([
            ...granted,
            ...newLots.map((lot) => [lot.lotNo, lot.granted] as const),
          ]);
          expect(sumCredits(after.lots.map((lot) => lot.remaining))).toBe(
            after.available + after.held,
          );
          for (const lot of after.lots) {
            expect(lot.remaining).toBeGreaterThan(0n);
            expect(lot.remaining).toBeLessThanOrEqual(granted.get(lot.lotNo) ?? -1n);
          }
        }
      }),
      runs,
    );
  });
});

describe("a grant", () => {
  it("pays the debt first, with as much as it has, and keeps only the rest", () => {
    fc.assert(
      fc.property(books, grants, (start, grant) => {
        const { transfers, after } = approvedOrThrow(decideGrant(start, grant));
        const repaid = start.debt < grant.amount ? start.debt : grant.amount;
        expect(after.debt).toBe(start.debt - repaid);
        expect(after.available).toBe(start.available + grant.amount - repaid);
        expect(transfers.map((row) => [row.kind, row.amount])).toEqual(
          repaid > 0n
            ? [
                [grant.kind, grant.amount],
                ["debt_repayment", repaid],
              ]
            : [[grant.kind, grant.amount]],
        );
      }),
      runs,
    );
  });

  it("opens a lot with a number that was never used, also when that lot is emptied by the debt at once", () => {
    fc.assert(
      fc.property(books, fc.array(grants, { minLength: 1, maxLength: 6 }), (start, todo) => {
        const { postings, after } = run(
          start,
          todo.map((grant) => ({ type: "grant", grant })),
        );
        const numbers = postings.flatMap(({ newLots }) => newLots.map((lot) => lot.lotNo));
        expect(numbers).toEqual(todo.map((_, index) => (start.counts?.lotNoLast ?? 0) + 1 + index));
        expect(after.counts?.lotNoLast ?? 0).toBe(numbers.at(-1));
      }),
      runs,
    );
  });

  it("keeps the lots in burn order, so that nobody sorts them again", () => {
    fc.assert(
      fc.property(books, fc.array(acts, { maxLength: 12 }), (start, todo) => {
        const { lots } = run(start, todo).after;
        expect(lots).toEqual(lots.toSorted(compareBurnOrder));
      }),
      runs,
    );
  });

  it("is refused from the very micro-credit on that would reach the limit", () => {
    fc.assert(
      fc.property(books, grants, amounts, (start, grant, short) => {
        const room = creditsLimit - start.available - start.held;
        const exact = decideGrant(start, { ...grant, amount: micro(room) });
        expect(exact).toMatchObject({ approved: false, refusal: { code: "balance_limit" } });
        expect(decideGrant(start, { ...grant, amount: micro(room - short) }).approved).toBe(true);
      }),
    );
  });

  it("of nothing, or of a purchase that no purchase caused, is a bug and not an answer", () => {
    const [book] = fc.sample(books, 1);
    const cause = { type: "operator", id: newId("adjustment") } as const;
    const purchase = { type: "purchase", id: newId("purchase") } as const;
    const bare = { cost: null, expiresAt: null, memo: null, amount: micro(1n) };
    if (book === undefined) throw new Error("no book was made");
    for (const amount of [0n, -1n])
      expect(() =>
        decideGrant(book, { ...bare, kind: "promotion", cause, amount: micro(amount) }),
      ).toThrow("more than nothing");
    expect(() => decideGrant(book, { ...bare, kind: "purchase", cause })).toThrow("a purchase");
    expect(() => decideGrant(book, { ...bare, kind: "promotion", cause: purchase })).toThrow(
      "a purchase",
    );
  });
});

describe("a withdrawal", () => {
  const payable = books
    .filter((book) => book.available > 1n)
    .chain((book) =>
      fc.record({
        book: fc.constant(book),
        amount: fc.bigInt({ min: 2n, max: book.available }),
        withdrawal: withdrawals,
      }),
    );

  it("burns lots in order: none is touched before those ahead of it have nothing free, and what is held stays", () => {
    fc.assert(
      fc.property(payable, ({ book, amount, withdrawal }) => {
        const out = { ...withdrawal, amount: micro(amount) };
        const { transfers, after } = approvedOrThrow(decideWithdrawal(book, out));
        const order = book.lots.filter((lot) => freeOf(lot) > 0n).map((lot) => lot.lotNo);
        const touched = transfers.map((row) => row.lotNo);
        expect(touched).toEqual(order.slice(0, touched.length));
        const emptied = after.lots.filter((lot) => touched.slice(0, -1).includes(lot.lotNo));
        for (const lot of emptied) expect(freeOf(lot)).toBe(0n);
      }),
      runs,
    );
  });

  it("split into two takes the same from the same lots as in one piece", () => {
    fc.assert(
      fc.property(payable, fc.nat(), ({ book, amount, withdrawal }, at) => {
        const first = 1n + (BigInt(at) % (amount - 1n));
        const take = (from: Book, part: bigint) =>
          approvedOrThrow(decideWithdrawal(from, { ...withdrawal, amount: micro(part) })).after;
        const whole = take(book, amount);
        const parts = take(take(book, first), amount - first);
        expect(remains(parts)).toEqual(remains(whole));
        expect(balances(parts)).toEqual(balances(whole));
      }),
      runs,
    );
  });

  it("of one micro-credit too much is refused with figures that say how much is missing", () => {
    fc.assert(
      fc.property(books, withdrawals, (book, withdrawal) => {
        const before = structuredClone(book);
        const amount = micro(book.available + 1n);
        expect(decideWithdrawal(book, { ...withdrawal, amount })).toMatchObject({
          approved: false,
          refusal: { code: "insufficient_credits", details: { extra: { shortBy: 0.000001 } } },
        });
        expect(book).toEqual(before);
      }),
      runs,
    );
  });
});

describe("burn order", () => {
  it("is an order: lots never tie, and it holds along any three", () => {
    const three = books.filter((book) => book.lots.length >= 3).map((book) => book.lots);
    fc.assert(
      fc.property(three, ([a, b, c]) => {
        if (a === undefined || b === undefined || c === undefined) return;
        expect(Math.sign(compareBurnOrder(a, b))).toBe(-Math.sign(compareBurnOrder(b, a)));
        expect(compareBurnOrder(a, b)).not.toBe(0);
        if (compareBurnOrder(a, b) < 0 && compareBurnOrder(b, c) < 0)
          expect(compareBurnOrder(a, c)).toBeLessThan(0);
      }),
      runs,
    );
  });
});
