import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { newId } from "../../src/kernel/ids.js";
import { type FreshDatabase, freshDatabase } from "../support/database.js";
import { insertProject } from "../support/ledger.js";
import {
  rawInsert,
  rawLot,
  rawPromotion,
  type RawTransfer,
  rawWallet,
  type RawWallet,
  refusedBy,
} from "./raw-ledger.js";

let fresh: FreshDatabase;
let wallet: RawWallet;
let purchaseId: string;
let number: number;
beforeAll(async () => {
  fresh = await freshDatabase();
});
afterAll(() => fresh.drop());

/** A wallet whose purchase of 10 lies in lot 1. Its next transfer has seq 2. */
beforeEach(async () => {
  wallet = await rawWallet(fresh.db);
  purchaseId = newId("purchase");
  number = 0;
  await rawLot(fresh.db, wallet, {
    lot_no: 1,
    granted: 10,
    source: "purchase",
    purchase_id: purchaseId,
  });
  await rawInsert(
    fresh.db,
    rawPromotion(wallet, 10, {
      kind: "purchase",
      cause: "purchase",
      cause_id: purchaseId,
      debit_account: "stripe_clearing",
    }),
  );
});

const says = (amount: number, changes: Readonly<Record<string, unknown>> = {}) => ({
  project_id: wallet.projectId,
  wallet_id: wallet.walletId,
  id: newId("reversal"),
  purchase_id: purchaseId,
  number: (number += 1),
  amount,
  because: "refund re_1",
  ...changes,
});
const row = (id: string, amount: number, changes: Partial<RawTransfer>) =>
  rawPromotion(wallet, amount, {
    seq: 2,
    cause: "reversal",
    cause_id: id,
    kind: "reversal",
    debit_account: "available",
    credit_account: "stripe_clearing",
    ...changes,
  });
const giving = {
  kind: "reinstatement",
  debit_account: "stripe_clearing",
  credit_account: "available",
} as const;
const owing = {
  kind: "reversal_debt",
  debit_account: "debt",
  credit_account: "stripe_clearing",
  lot_no: null,
} as const;

/** A reversal and its rows in one transaction, as our code writes them. */
const written = (reversal: ReturnType<typeof says>, ...rows: readonly RawTransfer[]) =>
  fresh.db.transaction(async (trx) => {
    await trx("reversals").insert(reversal);
    await rawInsert(trx, ...rows);
  });

describe("a reversal, by plain SQL,", () => {
  it("is taken when it is right, and given back again", async () => {
    const taken = says(10);
    await written(taken, row(taken.id, 10, { available_after: 0 }));
    expect(await reversed()).toBe(10n);
    const given = says(-10);
    await written(given, row(given.id, 10, { ...giving, seq: 3, available_after: 10 }));
    expect(await reversed()).toBe(0n);
  });

  it("is at most what was granted", async () => {
    const taken = says(10);
    await written(taken, row(taken.id, 10, { available_after: 0 }));
    const more = says(1);
    const work = written(
      more,
      row(more.id, 1, { ...owing, seq: 3, available_after: 0, debt_after: 1 }),
    );
    expect(await refusedBy(work)).toBe("lots_reversed_within_granted");
  });

  it("gives back at most what was taken", async () => {
    await rawInsert(
      fresh.db,
      row(newId("usageEvent"), 5, {
        cause: "usage",
        kind: "spend",
        credit_account: "revenue",
        available_after: 5,
      }),
    );
    const given = says(-5);
    const work = written(given, row(given.id, 5, { ...giving, seq: 3, available_after: 10 }));
    expect(await refusedBy(work)).toBe("lots_reversed_within_granted");
  });

  it("moves exactly what it says", async () => {
    for (const amount of [9, 11, -10]) {
      const taken = says(amount);
      const work = written(taken, row(taken.id, 10, { available_after: 0 }));
      expect([amount, await refusedBy(work)]).toEqual([amount, "transfers_of_reversal"]);
    }
  });

  it("never takes and gives back at once", async () => {
    const taken = says(4);
    const rows = [
      row(taken.id, 7, { available_after: 3 }),
      row(taken.id, 3, { ...giving, seq: 3, leg: 1, available_after: 6 }),
    ];
    expect(await refusedBy(written(taken, ...rows))).toBe("transfers_of_reversal");
  });

  it("moves nothing a second time", async () => {
    const taken = says(5);
    await written(taken, row(taken.id, 5, { available_after: 5 }));
    const again = { seq: 3, available_after: 0 };
    expect(await refusedBy(rawInsert(fresh.db, row(taken.id, 5, again)))).toBe(
      "transfers_caused_once",
    );
    expect(await refusedBy(rawInsert(fresh.db, row(taken.id, 5, { ...again, leg: 7 })))).toBe(
      "transfers_of_reversal",
    );
  });

  it("is there before its rows, in their wallet and of a purchase of that wallet", async () => {
    const other = await rawWallet(fresh.db, wallet.projectId);
    const elsewhere = await insertProject(fresh.db);
    const wrong: readonly Readonly<Record<string, unknown>>[] = [
      { id: newId("reversal") },
      { wallet_id: other.walletId },
      { project_id: elsewhere },
      { purchase_id: newId("purchase") },
    ];
    for (const changes of wrong) {
      const taken = says(5);
      const work = written({ ...taken, ...changes }, row(taken.id, 5, { available_after: 5 }));
      expect([changes, await refusedBy(work)]).toEqual([changes, "transfers_of_reversal"]);
    }
  });

  it("without rows does not outlive its transaction", async () => {
    expect(await refusedBy(fresh.db("reversals").insert(says(5)))).toBe("reversals_are_moved");
  });

  it("has its number once, above 0, moves something, and says why", async () => {
    const taken = says(5);
    await written(taken, row(taken.id, 5, { available_after: 5 }));
    const refusals = [
      [says(5, { number: 1 }), "reversals_numbered_once"],
      [says(5, { number: 0 }), "reversals_number_check"],
      [says(0), "reversals_amount_check"],
      [says(5, { because: "" }), "reversals_because_check"],
    ] as const;
    for (const [reversal, constraint] of refusals)
      expect(await refusedBy(fresh.db("reversals").insert(reversal))).toBe(constraint);
  });

  it("is never changed or removed", async () => {
    const taken = says(5);
    await written(taken, row(taken.id, 5, { available_after: 5 }));
    const there = () => fresh.db("reversals").where({ id: taken.id });
    expect(await refusedBy(there().update({ amount: 4 }))).toBe("reversals_immutable");
    expect(await refusedBy(there().update({ because: "else" }))).toBe("reversals_immutable");
    expect(await refusedBy(there().del())).toBe("reversals_immutable");
    expect(await refusedBy(fresh.db.raw("truncate reversals"))).toBe("reversals_never_emptied");
  });
});

describe("what was reversed of a lot, by plain SQL,", () => {
  const ours = () => fresh.db("lots").where({ wallet_id: wallet.walletId });

  it("is never written by hand", async () => {
    expect(await refusedBy(ours().update({ reversed: 1 }))).toBe("lots_remaining_from_transfers");
    const opened = rawLot(fresh.db, wallet, { lot_no: 2, granted: 5, reversed: 1 });
    expect(await refusedBy(opened)).toBe("lots_open_empty");
  });
});

describe("a kind of a reversal, by plain SQL,", () => {
  it.each([
    ["reversal", "stripe_clearing", "available"],
    ["reversal", "held", "stripe_clearing"],
    ["reversal_debt", "available", "stripe_clearing"],
    ["reinstatement", "available", "stripe_clearing"],
    ["reinstatement_debt", "stripe_clearing", "available"],
    ["repayment_returned", "available", "debt"],
  ])("%s never moves from %s to %s", async (kind, debit_account, credit_account) => {
    const taken = says(1);
    const moved = row(taken.id, 1, { kind, debit_account, credit_account, available_after: 9 });
    expect(await refusedBy(written(taken, moved))).toBe("transfers_declared_movement");
  });

  it.each([
    "reversal",
    "reversal_debt",
    "reinstatement",
    "reinstatement_debt",
    "repayment_returned",
  ])("%s has no other cause", async (kind) => {
    const moved = row(newId("adjustment"), 1, { kind, cause: "operator", available_after: 9 });
    expect(await refusedBy(rawInsert(fresh.db, moved))).toBe("transfers_declared_movement");
  });

  it.each([
    ["reversal", null],
    ["reversal_debt", 1],
    ["reinstatement_debt", 1],
    ["repayment_returned", null],
  ])("%s never names lot %s", async (kind, lot_no) => {
    const accounts = {
      reversal: ["available", "stripe_clearing"],
      reversal_debt: ["debt", "stripe_clearing"],
      reinstatement_debt: ["stripe_clearing", "debt"],
      repayment_returned: ["debt", "available"],
    }[kind];
    const [debit_account = "", credit_account = ""] = accounts ?? [];
    const taken = says(1);
    const moved = row(taken.id, 1, {
      kind,
      lot_no,
      debit_account,
      credit_account,
      available_after: 9,
    });
    expect(await refusedBy(written(taken, moved))).toBe("transfers_name_their_lot");
  });
});

async function reversed(): Promise<bigint> {
  const lot = await fresh.db("lots").where({ wallet_id: wallet.walletId, lot_no: 1 }).first();
  return BigInt(lot.reversed);
}
