import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { wholeCredits } from "../../src/kernel/credits.js";
import { newId } from "../../src/kernel/ids.js";
import { checkInvariants } from "../../src/ledger/check-invariants.js";
import { decideGrant } from "../../src/ledger/decide-grant.js";
import { movements } from "../../src/ledger/movements.js";
import { readStatement } from "../../src/ledger/read-statement.js";
import { approvedOrThrow } from "../../src/kernel/verdict.js";
import { type FreshDatabase, freshDatabase } from "../support/database.js";
import { insertProject, walletBook } from "../support/ledger.js";

let fresh: FreshDatabase;
beforeAll(async () => {
  fresh = await freshDatabase();
});
afterAll(() => fresh.drop());

async function newBook() {
  const projectId = await insertProject(fresh.db);
  return { projectId, ...(await walletBook(fresh.db, projectId)) };
}

describe("the ledger on a real database", () => {
  it("shows 547 after 47 were given and 500 more", async () => {
    const book = await newBook();
    await book.give(47);
    await book.give(500);
    expect(await book.wallet()).toMatchObject({
      available: wholeCredits(547),
      held: 0n,
      debt: 0n,
      seq: 2n,
    });
  });

  it("burns the oldest lot first and spreads one withdrawal over several lots", async () => {
    const book = await newBook();
    await book.give(47);
    await book.give(500);
    await book.take(100);
    const lines = await book.statement();
    expect(lines.map((line) => [line.seq, line.kind, line.lotNo, line.change])).toEqual([
      [4n, "correction_out", 2, -wholeCredits(53)],
      [3n, "correction_out", 1, -wholeCredits(47)],
      [2n, "promotion", 2, wholeCredits(500)],
      [1n, "promotion", 1, wholeCredits(47)],
    ]);
    expect((await book.wallet()).available).toBe(wholeCredits(447));
  });

  it("refuses more than is there and leaves the ledger as it was", async () => {
    const book = await newBook();
    await book.give(10);
    await expect(book.take(11)).rejects.toMatchObject({
      code: "insufficient_credits",
      details: { extra: { available: 10, required: 11, shortBy: 1 } },
    });
    expect(await book.wallet()).toMatchObject({ available: wholeCredits(10), seq: 1n });
  });

  it("lets exactly 10 of 50 parallel takers of 1 credit through on a wallet of 10", async () => {
    const book = await newBook();
    await book.give(10);
    const outcomes = await Promise.allSettled(Array.from({ length: 50 }, () => book.take(1)));
    expect(outcomes.filter((outcome) => outcome.status === "fulfilled")).toHaveLength(10);
    expect(await book.wallet()).toMatchObject({ available: 0n, seq: 11n });
  });

  it("grants a purchase once, even when two writers decide to", async () => {
    const book = await newBook();
    const purchase = { type: "purchase", id: newId("purchase") } as const;
    const grant = () =>
      book.post((state) =>
        decideGrant(state, {
          kind: "purchase",
          amount: wholeCredits(500),
          cost: { amountMinor: 999n, currency: "usd" },
          expiresAt: null,
          cause: purchase,
          memo: null,
        }),
      );
    const outcomes = await Promise.allSettled([grant(), grant(), grant()]);
    expect(outcomes.filter((outcome) => outcome.status === "fulfilled")).toHaveLength(1);
    expect((await book.wallet()).available).toBe(wholeCredits(500));
  });

  it("pages a statement without a gap or a repeat", async () => {
    const book = await newBook();
    for (let n = 1; n <= 7; n++) await book.give(n);
    const seen: bigint[] = [];
    let cursor: string | undefined;
    do {
      const page = approvedOrThrow(
        await readStatement(fresh.db, book.walletId, { size: 3, cursor }),
      );
      seen.push(...page.data.map((line) => line.seq));
      cursor = page.nextCursor ?? undefined;
    } while (cursor !== undefined);
    expect(seen).toEqual([7n, 6n, 5n, 4n, 3n, 2n, 1n]);
  });

  it("refuses a cursor that is not its own", async () => {
    const book = await newBook();
    const verdict = await readStatement(fresh.db, book.walletId, { size: 3, cursor: "bm9wZQ" });
    expect(verdict).toMatchObject({ approved: false, refusal: { code: "invalid_request" } });
  });

  it("declares the same movements in the code and in the database", async () => {
    const { rows } = await fresh.db.raw(
      "select pg_get_constraintdef(oid) as text from pg_constraint where conname = 'transfers_declared_movement'",
    );
    const text = String(rows[0].text);
    const inDatabase = [
      ...text.matchAll(/kind = '(\w+)'.*?debit_account = '(\w+)'.*?credit_account = '(\w+)'/g),
    ];
    expect(
      Object.fromEntries(inDatabase.map(([, kind, from, to]) => [kind, { from, to }])),
    ).toEqual(movements);
  });

  it("keeps its books", async () => {
    expect((await checkInvariants(fresh.db)).filter((check) => check.offenders > 0)).toEqual([]);
  });
});
