import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { newId } from "../../src/kernel/ids.js";
import { checkInvariants } from "../../src/ledger/check-invariants.js";
import { type FreshDatabase, freshDatabase } from "../support/database.js";
import {
  filledWallet,
  rawInsert,
  rawLot,
  rawPromotion,
  type RawTransfer,
  type RawWallet,
  rawWallet,
  rawWithdrawal,
  refusedBy,
} from "./raw-ledger.js";

// Nothing here goes through our own code. `database-refuses.test.ts` does the same with transfers.

let fresh: FreshDatabase;
/** A wallet with 10 available in lot 1 of 10; its next transfer has seq 2. */
let wallet: RawWallet;
let stranger: RawWallet;

beforeAll(async () => {
  fresh = await freshDatabase();
  wallet = await filledWallet(fresh.db, 10);
  stranger = await filledWallet(fresh.db, 10);
});
afterAll(async () => {
  const broken = (await checkInvariants(fresh.db)).filter((check) => check.offenders > 0);
  await fresh.drop();
  // Lots that were opened by a test and never filled are told apart from credits gone wrong.
  expect(broken.map((check) => check.name)).toEqual(["lot_equals_transfers"]);
});

const sql = (statement: string, ...bindings: (string | number)[]) =>
  refusedBy(fresh.db.raw(statement, bindings));
const insert = (...rows: RawTransfer[]) => refusedBy(rawInsert(fresh.db, ...rows));

describe("a wallet, by plain SQL,", () => {
  it.each([
    ["available", "available + 1"],
    ["held", "1"],
    ["debt", "1"],
    ["seq", "seq + 1"],
  ])("cannot have its %s set to %s", async (column, value) => {
    const statement = `update wallets set ${column} = ${value} where id = ?`;
    expect(await sql(statement, wallet.walletId)).toBe("wallets_balance_from_transfers");
  });

  it.each([
    ["head_lot_no", "2"],
    ["head_lot_no", "null, head_left = null, head_burned = 0, head_expires_at = null"],
    ["head_left", "head_left + 1"],
    ["head_left", "null"],
    ["head_burned", "head_burned + 1"],
    ["head_expires_at", "now()"],
  ])("cannot have %s, of the lot that it spends, set to %s", async (column, value) => {
    const spending = await filledWallet(fresh.db, 10);
    const spend = { kind: "spend", credit_account: "revenue", cause: "usage" };
    await rawInsert(fresh.db, rawWithdrawal(spending, 3, { ...spend, seq: 2, available_after: 7 }));
    const statement = `update wallets set ${column} = ${value} where id = ?`;
    expect(await sql(statement, spending.walletId)).toBe("wallets_balance_from_transfers");
  });

  it("counts nothing of a lot while it spends from none", async () => {
    for (const change of ["head_left = 1", "head_burned = 1", "head_expires_at = now()"])
      expect(await sql(`update wallets set ${change} where id = ?`, wallet.walletId)).toBe(
        "wallets_head_is_a_lot",
      );
  });

  it("cannot have a balance below zero", async () => {
    for (const column of ["available", "held", "debt", "seq"])
      expect(await sql(`update wallets set ${column} = -1 where id = ?`, wallet.walletId)).toBe(
        "wallets_never_below_zero",
      );
  });

  it("keeps its project, its customer and its id", async () => {
    for (const [column, value] of [
      ["project_id", stranger.projectId],
      ["customer_id", "somebody_else"],
    ] as const)
      expect(
        await sql(`update wallets set ${column} = ? where id = ?`, value, wallet.walletId),
      ).toBe("wallets_identity");
    const other = await rawWallet(fresh.db);
    const rename = (id: string) =>
      sql("update wallets set id = ? where id = ?", newId("wallet"), id);
    expect(await rename(wallet.walletId)).toBe("lots_wallet_id_fkey");
    expect(await rename(other.walletId)).toBe("wallets_identity");
  });

  it.each([
    ...["available", "held", "debt", "seq"].map((column) => [column, 1] as const),
    ...["head_lot_no", "head_left", "head_burned"].map((column) => [column, 1] as const),
    ["head_expires_at", "2030-01-01"] as const,
  ])("cannot be opened with %s", async (column, value) => {
    const opened = fresh.db("wallets").insert({
      id: newId("wallet"),
      project_id: wallet.projectId,
      customer_id: "rich from the start",
      [column]: value,
    });
    expect(await refusedBy(opened)).toBe("wallets_open_empty");
  });

  it("cannot be opened for a project that is not there, or for nobody, or twice", async () => {
    const open = (projectId: string, customerId: string) =>
      fresh.db("wallets").insert({
        id: newId("wallet"),
        project_id: projectId,
        customer_id: customerId,
      });
    expect(await refusedBy(open(newId("project"), "x"))).toBe("wallets_project_id_fkey");
    expect(await refusedBy(open(wallet.projectId, ""))).toBe("wallets_customer_id_check");
    expect(await refusedBy(open(wallet.projectId, "x".repeat(256)))).toBe(
      "wallets_customer_id_check",
    );
    await open(wallet.projectId, "twice");
    expect(await refusedBy(open(wallet.projectId, "twice"))).toBe("wallets_customer");
  });

  it("cannot be deleted", async () => {
    expect(await sql("delete from wallets where id = ?", wallet.walletId)).toBe("wallets_kept");
  });
});

describe("a lot, by plain SQL,", () => {
  it.each([
    ["remaining = remaining - 1", "lots_remaining_from_transfers"],
    ["remaining = 0", "lots_remaining_from_transfers"],
    ["held = 1", "lots_remaining_from_transfers"],
    ["granted = granted + 5", "lots_remaining_from_transfers"],
    ["priority = 1", "lots_remaining_from_transfers"],
    ["expires_at = now()", "lots_remaining_from_transfers"],
    ["remaining = remaining + 1", "lots_remaining_in_range"],
    ["remaining = -1, held = -1", "lots_held_in_range"],
    ["held = remaining + 1", "lots_held_in_range"],
    ["wallet_id = gen_random_uuid()", "lots_wallet_id_fkey"],
  ])("cannot be changed: %s", async (change, constraint) => {
    expect(await sql(`update lots set ${change} where wallet_id = ?`, wallet.walletId)).toBe(
      constraint,
    );
  });

  it("cannot be deleted", async () => {
    expect(await sql("delete from lots where wallet_id = ?", wallet.walletId)).toBe("lots_kept");
  });

  it("cannot be opened filled, for nothing, twice, or without a wallet", async () => {
    const open = (lot: Parameters<typeof rawLot>[2], owner = wallet) =>
      refusedBy(rawLot(fresh.db, owner, lot));
    expect(await open({ lot_no: 2, granted: 5, remaining: 5 })).toBe("lots_open_empty");
    expect(await open({ lot_no: 2, granted: 0 })).toBe("lots_granted_check");
    expect(await open({ lot_no: 0, granted: 5 })).toBe("lots_lot_no_check");
    expect(await open({ lot_no: 1, granted: 5 })).toBe("lots_pkey");
    const nobody = { ...wallet, walletId: newId("wallet") };
    expect(await open({ lot_no: 1, granted: 5 }, nobody)).toBe("lots_wallet_id_fkey");
  });

  it("says what it cost in full or not at all, and that it was bought only with the purchase", async () => {
    const open = (lot: Readonly<Record<string, unknown>>) =>
      refusedBy(rawLot(fresh.db, wallet, { lot_no: 2, granted: 5, ...lot }));
    expect(await open({ cost_minor: 999 })).toBe("lots_cost_has_currency");
    expect(await open({ currency: "usd" })).toBe("lots_cost_has_currency");
    expect(await open({ cost_minor: 999, currency: "USD" })).toBe("lots_currency_check");
    expect(await open({ cost_minor: -1, currency: "usd" })).toBe("lots_cost_minor_check");
    expect(await open({ source: "purchase" })).toBe("lots_purchase_has_source");
    expect(await open({ purchase_id: newId("purchase") })).toBe("lots_purchase_has_source");
  });

  it("cannot be emptied below zero, though the wallet has enough elsewhere", async () => {
    const two = await filledWallet(fresh.db, 10);
    await rawLot(fresh.db, two, { lot_no: 2, granted: 5 });
    await rawInsert(fresh.db, rawPromotion(two, 5, { seq: 2, available_after: 15, lot_no: 2 }));
    const tooMuch = rawWithdrawal(two, 6, { seq: 3, available_after: 9, lot_no: 2 });
    expect(await insert(tooMuch)).toBe("lots_held_in_range");
  });

  it("cannot be filled above what was granted, nor twice", async () => {
    const small = await rawWallet(fresh.db);
    await rawLot(fresh.db, small, { lot_no: 1, granted: 5 });
    expect(await insert(rawPromotion(small, 6))).toBe("lots_remaining_in_range");
    await rawInsert(fresh.db, rawPromotion(small, 5));
    await rawInsert(fresh.db, rawWithdrawal(small, 5, { seq: 2, available_after: 0 }));
    expect(await insert(rawPromotion(small, 5, { seq: 3 }))).toBe("transfers_fill_lot_once");
  });

  it("of another project's making cannot be filled", async () => {
    const mine = await rawWallet(fresh.db);
    const mixed = { ...mine, projectId: stranger.projectId };
    await rawLot(fresh.db, mixed, { lot_no: 1, granted: 5 });
    expect(await insert(rawPromotion(mine, 5))).toBe("transfers_lot_exists");
  });
});

describe("once, by plain SQL,", () => {
  const purchase = (owner: RawWallet, id: string, lotNo = 1): RawTransfer =>
    rawPromotion(owner, 5, {
      kind: "purchase",
      debit_account: "stripe_clearing",
      cause: "purchase",
      cause_id: id,
      lot_no: lotNo,
    });

  it("is how often a purchase opens a lot, in whichever wallet", async () => {
    const id = newId("purchase");
    const bought = { granted: 5, source: "purchase", purchase_id: id };
    const [one, two] = [await rawWallet(fresh.db), await rawWallet(fresh.db)];
    await rawLot(fresh.db, one, { lot_no: 1, ...bought });
    expect(await refusedBy(rawLot(fresh.db, one, { lot_no: 2, ...bought }))).toBe(
      "lots_one_per_purchase",
    );
    expect(await refusedBy(rawLot(fresh.db, two, { lot_no: 1, ...bought }))).toBe(
      "lots_one_per_purchase",
    );
    await rawInsert(fresh.db, purchase(one, id));
  });

  it("is how often a purchase is granted, in whichever wallet and into whichever lot", async () => {
    const id = newId("purchase");
    const [one, two] = [await rawWallet(fresh.db), await rawWallet(fresh.db)];
    for (const owner of [one, two]) {
      await rawLot(fresh.db, owner, { lot_no: 1, granted: 5 });
      await rawLot(fresh.db, owner, { lot_no: 2, granted: 5 });
    }
    await rawInsert(fresh.db, purchase(one, id));
    const again = { ...purchase(one, id, 2), seq: 2, available_after: 10 };
    expect(await insert(again)).toBe("transfers_purchase_granted_once");
    expect(await insert(purchase(two, id))).toBe("transfers_purchase_granted_once");
  });

  it("is how often an operator's act gives, though a repeat would open another lot", async () => {
    const act = { cause_id: newId("adjustment") };
    const owner = await rawWallet(fresh.db);
    await rawLot(fresh.db, owner, { lot_no: 1, granted: 5 });
    await rawLot(fresh.db, owner, { lot_no: 2, granted: 5 });
    await rawInsert(fresh.db, rawPromotion(owner, 5, act));
    const again = rawPromotion(owner, 5, { ...act, seq: 2, available_after: 10, lot_no: 2 });
    expect(await insert(again)).toBe("transfers_operator_once");
  });

  it("is how often an operator's act takes, though a repeat would burn another lot", async () => {
    const act = { cause_id: newId("adjustment") };
    const owner = await filledWallet(fresh.db, 10);
    await rawLot(fresh.db, owner, { lot_no: 2, granted: 10 });
    await rawInsert(fresh.db, rawPromotion(owner, 10, { seq: 2, available_after: 20, lot_no: 2 }));
    await rawInsert(
      fresh.db,
      rawWithdrawal(owner, 10, { ...act, seq: 3, available_after: 10, lot_no: 1 }),
      rawWithdrawal(owner, 2, { ...act, seq: 4, available_after: 8, lot_no: 2 }),
    );
    const again = rawWithdrawal(owner, 1, { seq: 5, available_after: 7, lot_no: 2 });
    expect(await insert({ ...again, ...act })).toBe("transfers_operator_once");
    await rawInsert(fresh.db, again);
  });
});
