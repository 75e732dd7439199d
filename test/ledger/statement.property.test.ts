import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { micro, wholeCredits } from "../../src/kernel/credits.js";
import { newId, type WalletId } from "../../src/kernel/ids.js";
import { pageSizeMax } from "../../src/kernel/page.js";
import { Refusal } from "../../src/kernel/refusals.js";
import { approvedOrThrow } from "../../src/kernel/verdict.js";
import { checkInvariants } from "../../src/ledger/check-invariants.js";
import { type Cause } from "../../src/ledger/decide.js";
import { decideGrant } from "../../src/ledger/decide-grant.js";
import { decideWithdrawal } from "../../src/ledger/decide-withdrawal.js";
import { balanceChange, totalBalance } from "../../src/ledger/movements.js";
import type { Movement } from "../../src/ledger/decide-all.js";
import { postMovements } from "../../src/ledger/post-movements.js";
import { readStatement, type StatementLine } from "../../src/ledger/read-statement.js";
import { constraintName } from "../../src/platform/db/errors.js";
import { type FreshDatabase, freshDatabase } from "../support/database.js";
import { byOperator, insertProject, walletBook } from "../support/ledger.js";

let fresh: FreshDatabase;
beforeAll(async () => {
  fresh = await freshDatabase();
});
afterAll(() => fresh.drop());

const walletsMax = 3;

interface Act {
  readonly wallet: number;
  readonly type: "give" | "take";
  readonly amount: bigint;
}

const acts: fc.Arbitrary<Act> = fc.record({
  wallet: fc.nat({ max: walletsMax - 1 }),
  type: fc.constantFrom("give", "give", "take"),
  amount: fc.bigInt({ min: 1n, max: 40n }),
});

/** What each writer does, one transaction behind the other; the movements of one transaction are all or none. */
const writers = fc.array(
  fc.array(fc.array(acts, { minLength: 1, maxLength: 4 }), { maxLength: 5 }),
  {
    minLength: 1,
    maxLength: 4,
  },
);

const bare = { cost: null, expiresAt: null, memo: null };

function movementOf(walletId: WalletId, { type, amount }: Act, cause: Cause): Movement {
  return {
    walletId,
    opens: true,
    decide: (book) =>
      type === "give"
        ? decideGrant(book, { ...bare, kind: "promotion", amount: micro(amount), cause })
        : decideWithdrawal(book, { ...bare, kind: "correction_out", amount: micro(amount), cause }),
  };
}

async function newWallets() {
  const projectId = await insertProject(fresh.db);
  const customers = Array.from({ length: walletsMax }, (_, index) => `user_${index}`);
  return Promise.all(customers.map((customer) => walletBook(fresh.db, projectId, customer)));
}
type Wallets = Awaited<ReturnType<typeof newWallets>>;

/** Answers the acts that were committed: all of them, or none when one was refused. */
async function commit(wallets: Wallets, todo: readonly Act[]): Promise<readonly Act[]> {
  const movements = todo.flatMap((act) => {
    const book = wallets[act.wallet];
    return book === undefined ? [] : [movementOf(book.walletId, act, byOperator())];
  });
  try {
    await fresh.db.transaction((trx) => postMovements(trx, movements));
    return todo;
  } catch (error) {
    if (error instanceof Refusal && error.code === "insufficient_credits") return [];
    throw error;
  }
}

async function commitAll(wallets: Wallets, transactions: readonly (readonly Act[])[]) {
  const committed: Act[] = [];
  for (const todo of transactions) committed.push(...(await commit(wallets, todo)));
  return committed;
}

async function pagesOf(walletId: WalletId, size: number): Promise<readonly StatementLine[]> {
  const lines: StatementLine[] = [];
  let cursor: string | undefined;
  do {
    const page = approvedOrThrow(await readStatement(fresh.db, walletId, { size, cursor }));
    expect(page.data.length).toBeLessThanOrEqual(size);
    lines.push(...page.data);
    cursor = page.nextCursor ?? undefined;
  } while (cursor !== undefined);
  return lines;
}

async function expectCleanBooks(): Promise<void> {
  const broken = (await checkInvariants(fresh.db)).filter((check) => check.offenders > 0);
  expect(broken).toEqual([]);
}

describe("several writers at once", () => {
  it("leave each wallet with what was committed, in books that check clean", async () => {
    await fc.assert(
      fc.asyncProperty(writers, async (plan) => {
        const wallets = await newWallets();
        const outcomes = await Promise.all(
          plan.map((transactions) => commitAll(wallets, transactions)),
        );
        for (const [index, book] of wallets.entries()) {
          const expected = outcomes
            .flat()
            .filter((act) => act.wallet === index)
            .reduce((sum, act) => sum + (act.type === "give" ? act.amount : -act.amount), 0n);
          expect((await book.wallet()).available).toBe(expected);
        }
        await expectCleanBooks();
      }),
      { numRuns: 25, plugins: [fc.interruptAfterTimeLimit(8_000)] },
    );
  });

  it("leave a statement that adds up on every page, whatever the size of the pages", async () => {
    await fc.assert(
      fc.asyncProperty(writers, fc.integer({ min: 1, max: 7 }), async (plan, size) => {
        const wallets = await newWallets();
        await Promise.all(plan.map((transactions) => commitAll(wallets, transactions)));
        for (const book of wallets) {
          const lines = await pagesOf(book.walletId, size);
          const { seq, ...now } = await book.wallet();
          expect(lines.map((line) => line.seq)).toEqual(
            Array.from({ length: lines.length }, (_, index) => seq - BigInt(index)),
          );
          let total = totalBalance(now);
          for (const line of lines) {
            expect(totalBalance(line.balances)).toBe(total);
            total = micro(total - line.change);
          }
          expect(total).toBe(0n);
          const times = lines.map((line) => line.at.getTime());
          expect(times).toEqual(times.toSorted((a, b) => b - a));
        }
      }),
      { numRuns: 15, plugins: [fc.interruptAfterTimeLimit(8_000)] },
    );
  });

  it("never show half of a transaction to an audit that runs beside them", async () => {
    const wallets = await newWallets();
    const todo: Act[] = [0, 1, 2, 0].map((wallet) => ({ wallet, type: "give", amount: 3n }));
    let writing = true;
    const work = Promise.all(
      [1, 2, 3].map(() =>
        commitAll(
          wallets,
          Array.from({ length: 15 }, () => todo),
        ),
      ),
    ).finally(() => {
      writing = false;
    });
    let audits = 0;
    for (; writing || audits === 0; audits++) await expectCleanBooks();
    await work;
    expect(audits).toBeGreaterThan(0);
  });

  it("never deadlock when they lock the same wallets in opposite order", async () => {
    const wallets = await newWallets();
    const forth: Act[] = [0, 1, 2].map((wallet) => ({ wallet, type: "give", amount: 1n }));
    const back = forth.toReversed();
    await Promise.all(
      Array.from({ length: 20 }, (_, index) => commit(wallets, index % 2 === 0 ? forth : back)),
    );
    for (const book of wallets) expect((await book.wallet()).available).toBe(20n);
  });
});

describe("a repeat", () => {
  it("changes nothing, in whatever order the originals and their copies arrive", async () => {
    const shuffled = fc
      .array(fc.bigInt({ min: 1n, max: 40n }), { minLength: 1, maxLength: 6 })
      .chain((amounts) => {
        const copies = amounts.flatMap((amount, index) => [1, 2, 3].map(() => ({ index, amount })));
        return fc.tuple(
          fc.constant(amounts),
          fc.shuffledSubarray(copies, { minLength: copies.length }),
        );
      });
    await fc.assert(
      fc.asyncProperty(shuffled, async ([amounts, copies]) => {
        const [book] = await newWallets();
        if (book === undefined) throw new Error("no wallet was opened");
        const causes = amounts.map(() => byOperator());
        const outcomes = await Promise.allSettled(
          copies.map(({ index, amount }) => book.give(micro(amount), causes[index])),
        );
        for (const outcome of outcomes) {
          if (outcome.status === "rejected")
            expect(constraintName(outcome.reason)).toBe("transfers_operator_once");
        }
        const given = amounts.reduce((sum, amount) => sum + amount, 0n);
        expect(await book.wallet()).toMatchObject({
          available: given,
          seq: BigInt(amounts.length),
        });
      }),
      { numRuns: 10, plugins: [fc.interruptAfterTimeLimit(8_000)] },
    );
  });

  it("of a withdrawal is refused though it would burn another lot", async () => {
    const [book] = await newWallets();
    const cause = byOperator();
    await book?.give(10);
    await book?.give(10);
    await book?.take(10, cause);
    await expect(book?.take(10, cause)).rejects.toMatchObject({
      constraint: "transfers_operator_once",
    });
    expect((await book?.wallet())?.available).toBe(wholeCredits(10));
  });

  it("within one transaction is a bug, and nothing of it is written", async () => {
    const [book] = await newWallets();
    if (book === undefined) throw new Error("no wallet was opened");
    await book.give(10);
    const act: Act = { wallet: 0, type: "take", amount: 1n };
    const once = movementOf(book.walletId, act, byOperator());
    await expect(fresh.db.transaction((trx) => postMovements(trx, [once, once]))).rejects.toThrow(
      "an act of an operator moves a wallet once",
    );
    expect((await book.wallet()).seq).toBe(1n);
  });
});

describe("a debt", () => {
  it("is paid back on the statement by a line that changes no total", () => {
    const change = balanceChange("debt_repayment", micro(5n));
    expect(change).toEqual({ available: -5n, held: 0n, debt: -5n });
    expect(totalBalance(change)).toBe(0n);
  });
});

describe("a statement", () => {
  it("keeps a memo as it was written, however much it looks like SQL or like nothing", async () => {
    const [book] = await newWallets();
    const memos = ["NULL", "", "{a,b}", 'say "hi"', "back\\slash", "it's", "٥ 🪙 é", "a\nb", null];
    for (const memo of memos)
      await book?.post((state) =>
        decideGrant(state, {
          ...bare,
          memo,
          kind: "promotion",
          amount: micro(1n),
          cause: byOperator(),
        }),
      );
    const lines = (await book?.statement()) ?? [];
    expect(lines.map((line) => line.memo).toReversed()).toEqual(memos);
  });

  it("is read in pages of a bounded size only", async () => {
    for (const size of [0, -1, pageSizeMax + 1])
      await expect(readStatement(fresh.db, newId("wallet"), { size })).rejects.toThrow("1 to 100");
  });

  it("of an empty wallet is one empty page", async () => {
    const [book] = await newWallets();
    expect(await book?.statement()).toEqual([]);
  });
});
