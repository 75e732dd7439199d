import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { micro } from "../../src/kernel/credits.js";
import { newId } from "../../src/kernel/ids.js";
import { checkInvariants } from "../../src/ledger/check-invariants.js";
import { insertAgentToken } from "../support/agent-token.js";
import { type FreshDatabase, freshDatabase } from "../support/database.js";
import {
  filledWallet,
  rawInsert,
  rawPromotion,
  type RawTransfer,
  type RawWallet,
  rawWithdrawal,
  refusedBy,
} from "./raw-ledger.js";

// Nothing here goes through our own code: whoever writes to the tables, the database keeps the ledger's rules.

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
  expect(broken).toEqual([]);
});

const sql = (statement: string, ...bindings: (string | number)[]) =>
  refusedBy(fresh.db.raw(statement, bindings));
const insert = (...rows: RawTransfer[]) => refusedBy(rawInsert(fresh.db, ...rows));
/** Takes 1 of the wallet's 10, changed as asked. */
const takeOne = (changes: Partial<RawTransfer> = {}) =>
  rawWithdrawal(wallet, 1, { seq: 2, available_after: 9, ...changes });

describe("history, by plain SQL,", () => {
  it.each([
    ["an amount", "update transfers set amount = 1 where wallet_id = ?"],
    ["a memo", "update transfers set memo = 'nicer' where wallet_id = ?"],
    ["nothing, on the face of it", "update transfers set seq = seq where wallet_id = ?"],
    ["its existence", "delete from transfers where wallet_id = ?"],
  ])("cannot lose or change %s", async (_what, statement) => {
    expect(await sql(statement, wallet.walletId)).toBe("transfers_immutable");
  });

  it("cannot be rewritten through a conflict clause", async () => {
    const again = fresh.db("transfers").insert(rawPromotion(wallet, 10));
    expect(await refusedBy(again.onConflict(["wallet_id", "seq"]).merge({ amount: 99 }))).toBe(
      "transfers_immutable",
    );
  });

  it("cannot be emptied", async () => {
    expect(await sql("truncate transfers")).toBe("transfers_never_emptied");
    expect(await sql("truncate lots")).toBe("lots_never_emptied");
    expect(await sql("truncate wallets cascade")).toMatch(/never_emptied$/);
  });
});

describe("a transfer, by plain SQL,", () => {
  it.each<[string, Partial<RawTransfer>, string]>([
    ["that leaves a gap", { seq: 3 }, "transfers_continue_wallet"],
    ["that repeats a number", { seq: 1 }, "transfers_pkey"],
    ["before the first", { seq: 0 }, "transfers_continue_wallet"],
    ["with a wrong balance after it", { available_after: 10 }, "transfers_continue_wallet"],
    ["that makes held credits appear", { held_after: 1 }, "transfers_continue_wallet"],
    ["that makes debt appear", { debt_after: 1 }, "transfers_continue_wallet"],
    ["of nothing", { amount: 0, available_after: 10 }, "transfers_amount_check"],
    ["of less than nothing", { amount: -1, available_after: 11 }, "transfers_amount_check"],
    [
      "of more than there is",
      { amount: 11, available_after: -1 },
      "transfers_available_after_check",
    ],
    ["with held credits below zero", { held_after: -1 }, "transfers_held_after_check"],
    ["with debt below zero", { debt_after: -1 }, "transfers_debt_after_check"],
    [
      "into an account of another kind",
      { credit_account: "revenue" },
      "transfers_declared_movement",
    ],
    ["out of another account", { debit_account: "held" }, "transfers_declared_movement"],
    ["from an account to itself", { credit_account: "available" }, "transfers_declared_movement"],
    ["that names no lot", { lot_no: null }, "transfers_name_their_lot"],
    ["that names a lot that is not there", { lot_no: 7 }, "transfers_lot_exists"],
    [
      "with a memo longer than a statement shows",
      { memo: "x".repeat(501) },
      "transfers_memo_check",
    ],
  ])("%s is refused", async (_what, changes, constraint) => {
    expect(await insert(takeOne(changes))).toBe(constraint);
  });

  it("of a kind that nobody declared is refused", async () => {
    await expect(rawInsert(fresh.db, takeOne({ kind: "gift" }))).rejects.toThrow(
      'invalid input value for enum transfer_kind: "gift"',
    );
  });

  it("under the name of another project is refused", async () => {
    expect(await insert(takeOne({ project_id: stranger.projectId }))).toBe(
      "transfers_continue_wallet",
    );
  });

  it("of a wallet that does not exist is refused", async () => {
    expect(await insert(takeOne({ wallet_id: newId("wallet"), seq: 1 }))).toBe(
      "transfers_continue_wallet",
    );
  });

  it("that pays back a debt which nobody has is refused", async () => {
    const payBack = takeOne({ kind: "debt_repayment", credit_account: "debt", debt_after: 0 });
    expect(await insert(payBack)).toBe("transfers_continue_wallet");
    expect(await insert({ ...payBack, debt_after: -1 })).toBe("transfers_debt_after_check");
  });

  it("beside a right one in the same statement takes that one down with it", async () => {
    const second = takeOne({ seq: 3, available_after: 9 });
    expect(await insert(takeOne(), second)).toBe("transfers_continue_wallet");
    const foreign = rawWithdrawal(stranger, 1, { seq: 2, available_after: 8 });
    expect(await insert(takeOne(), foreign)).toBe("transfers_continue_wallet");
    const { rows } = await fresh.db.raw(
      "select id, available, seq from wallets where id in (?, ?)",
      [wallet.walletId, stranger.walletId],
    );
    for (const row of rows) expect(row).toMatchObject({ available: 10n, seq: 1n });
  });

  it("may stand anywhere in a statement whose rows chain, and several wallets may be mixed", async () => {
    const [one, two] = [await filledWallet(fresh.db, 10), await filledWallet(fresh.db, 10)];
    const rows = [one, two].flatMap((each) =>
      [4, 2, 5, 3].map((seq) => rawWithdrawal(each, 1, { seq, available_after: 11 - seq })),
    );
    const scrambled = [0, 5, 3, 7, 1, 6, 2, 4].flatMap((index) => rows[index] ?? []);
    await rawInsert(fresh.db, ...scrambled);
    for (const { walletId } of [one, two]) {
      const found = await fresh.db("wallets").where({ id: walletId }).first();
      expect(found).toMatchObject({ available: 6n, seq: 5n });
      expect(await fresh.db("lots").where({ wallet_id: walletId }).first()).toMatchObject({
        remaining: 6n,
      });
    }
  });

  it("with a number that 20 writers want at once is written by exactly one of them", async () => {
    const wanted = await filledWallet(fresh.db, 10);
    const outcomes = await Promise.all(
      Array.from({ length: 20 }, () =>
        rawInsert(fresh.db, rawWithdrawal(wanted, 1, { seq: 2, available_after: 9 })).then(
          () => "written",
          (error: unknown) => refusedBy(Promise.reject(error)),
        ),
      ),
    );
    expect(outcomes.filter((outcome) => outcome === "written")).toHaveLength(1);
    expect(new Set(outcomes)).toEqual(new Set(["written", "transfers_pkey"]));
    const found = await fresh.db("wallets").where({ id: wanted.walletId }).first();
    expect(found).toMatchObject({ available: 9n, seq: 2n });
  });

  it("behind one that is not committed yet is refused", async () => {
    const busy = await filledWallet(fresh.db, 10);
    await fresh.db.transaction(async (first) => {
      await rawInsert(first, rawWithdrawal(busy, 1, { seq: 2, available_after: 9 }));
      expect(await insert(rawWithdrawal(busy, 1, { seq: 3, available_after: 8 }))).toBe(
        "transfers_continue_wallet",
      );
    });
  });
});

describe("the budget of an agent's token, by plain SQL,", () => {
  it("stays as it was made, and ends earlier only", async () => {
    const token = await insertAgentToken(fresh.db, wallet, { total: micro(10n) });
    const set = (what: string) =>
      sql(`update spend_limits set ${what} where subject_id = ?`, token);
    const changes = [
      "total_max = null",
      "call_max = 1",
      "day_max = 5",
      "ends_at = ends_at + interval '1 day'",
      "only_wallet_id = null, ends_at = null, total_max = null",
    ];
    for (const change of changes) expect(await set(change)).toBe("spend_limits_budget_fixed");
    expect(await set("total_spent = 11")).toBe("spend_limits_total");
    await fresh.db.raw(
      "update spend_limits set total_spent = 3, ends_at = ends_at - interval '1 minute' where subject_id = ?",
      [token],
    );
    await fresh.db.raw("update spend_limits set total_spent = 0 where subject_id = ?", [token]);
    expect(await sql("delete from spend_limits where subject_id = ?", token)).toBe(
      "spend_limits_budget_kept",
    );
  });

  it("is there with the token, and is for the token's own wallet", async () => {
    const token = await insertAgentToken(fresh.db, wallet);
    const without = `insert into api_keys
        (id, project_id, name, hint, hash, hash_key_id, scopes, kind, wallet_id, tools, expires_at)
      select gen_random_uuid(), project_id, name, hint, sha256(hash), hash_key_id, scopes, kind, wallet_id, tools, expires_at
      from api_keys where id = ?`;
    expect(await sql(without, token)).toBe("api_keys_token_has_budget");
    const plain = newId("apiKey");
    await fresh.db.raw(
      `insert into api_keys (id, project_id, name, hint, hash, hash_key_id, scopes)
       select ?, project_id, name, hint, sha256(hash), hash_key_id, scopes from api_keys where id = ?`,
      [plain, token],
    );
    const budget = `insert into spend_limits (project_id, subject_id, api_key_id, only_wallet_id, ends_at)
      select project_id, id, id, ?, now() from api_keys where id = ?`;
    expect(await sql(budget, wallet.walletId, plain)).toBe("spend_limits_wallet_of_token");
    expect(
      await sql("update api_keys set wallet_id = ? where id = ?", stranger.walletId, token),
    ).toBe("spend_limits_wallet_of_token");
  });
});
