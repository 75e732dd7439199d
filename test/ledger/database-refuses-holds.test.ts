import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { newId } from "../../src/kernel/ids.js";
import { checkInvariants } from "../../src/ledger/check-invariants.js";
import { type FreshDatabase, freshDatabase } from "../support/database.js";
import { heldWallet, rawHold, rawRow } from "./raw-holds.js";
import {
  filledWallet,
  rawInsert,
  rawLot,
  rawPromotion,
  type RawTransfer,
  type RawWallet,
  refusedBy,
} from "./raw-ledger.js";

// Nothing here goes through our own code. `database-refuses.test.ts` does the same with older kinds of transfers.

let fresh: FreshDatabase;
/** 10 in lot 1, of which the open hold has 6; the next transfer has seq 3. */
let wallet: RawWallet;
let holdId: string;

beforeAll(async () => {
  fresh = await freshDatabase();
});
beforeEach(async () => {
  ({ wallet, holdId } = await heldWallet(fresh.db));
});
afterAll(async () => {
  const broken = (await checkInvariants(fresh.db)).filter((check) => check.offenders > 0);
  await fresh.drop();
  // Holds that were opened by a test and never filled are told apart from credits gone wrong.
  expect(broken.map((check) => check.name)).toEqual(["hold_equals_transfers"]);
});

const insert = (...rows: RawTransfer[]) => refusedBy(rawInsert(fresh.db, ...rows));
const sql = (statement: string, ...bindings: string[]) =>
  refusedBy(fresh.db.raw(statement, bindings));
const capture = (amount: number, changes: Partial<RawTransfer> = {}) =>
  rawRow("capture", wallet, {
    seq: 3,
    amount,
    available_after: 4,
    held_after: 6 - amount,
    hold_id: holdId,
    ...changes,
  });
const release = (amount: number, changes: Partial<RawTransfer> = {}) =>
  rawRow("release", wallet, {
    seq: 3,
    amount,
    available_after: 4 + amount,
    held_after: 6 - amount,
    hold_id: holdId,
    ...changes,
  });
const spend = (amount: number, changes: Partial<RawTransfer> = {}) =>
  rawRow("spend", wallet, {
    seq: 3,
    amount,
    available_after: 4 - amount,
    held_after: 6,
    ...changes,
  });
const overdraft = (amount: number, changes: Partial<RawTransfer> = {}) =>
  rawRow("overdraft", wallet, {
    seq: 3,
    amount,
    available_after: 4,
    held_after: 6,
    debt_after: amount,
    ...changes,
  });

/** A second hold of 2 in the same wallet; the next transfer has seq 4. */
async function placeAnother(): Promise<string> {
  const id = newId("hold");
  await rawHold(fresh.db, wallet, { id, amount: 2 });
  const placed = { seq: 3, amount: 2, available_after: 2, held_after: 8, hold_id: id };
  await rawInsert(fresh.db, rawRow("hold", wallet, placed));
  return id;
}

describe("a transfer of a hold, by plain SQL,", () => {
  it("that captures more than the hold has left is refused, though the wallet holds more", async () => {
    await placeAnother();
    const tooMuch = { seq: 4, available_after: 2, held_after: 1 };
    expect(await insert(capture(7, tooMuch))).toBe("holds_within_amount");
    const first = capture(4, { seq: 4, available_after: 2, held_after: 4 });
    const second = capture(3, { seq: 5, available_after: 2, held_after: 1 });
    expect(await insert(first, second)).toBe("holds_within_amount");
    await rawInsert(fresh.db, first);
    expect(await insert(second)).toBe("holds_within_amount");
  });

  it("that gives back more than the hold has left is refused, though the wallet holds more", async () => {
    await placeAnother();
    const tooMuch = release(7, { seq: 4, available_after: 9, held_after: 1 });
    expect(await insert(tooMuch)).toBe("holds_within_amount");
  });

  it("that places more, less, or a second time is refused", async () => {
    const place = (amount: number, id: string) =>
      rawRow("hold", wallet, {
        seq: 3,
        amount,
        available_after: 4 - amount,
        held_after: 6 + amount,
        hold_id: id,
      });
    const id = newId("hold");
    await rawHold(fresh.db, wallet, { id, amount: 2 });
    expect(await insert(place(1, id))).toBe("holds_within_amount");
    expect(await insert(place(3, id))).toBe("holds_within_amount");
    expect(await insert(place(2, holdId))).toBe("transfers_caused_once");
    expect(await insert({ ...place(2, holdId), leg: 1 })).toBe("holds_within_amount");
  });

  it("that names a hold of another wallet, of another project, or of nobody is refused", async () => {
    const other = await heldWallet(fresh.db);
    expect(await insert(capture(1, { hold_id: other.holdId }))).toBe("transfers_hold_open");
    expect(await insert(capture(1, { hold_id: newId("hold") }))).toBe("transfers_hold_open");
    const foreign = newId("hold");
    const mixed = { ...wallet, projectId: other.wallet.projectId };
    await rawHold(fresh.db, mixed, { id: foreign, amount: 2 });
    const place = { seq: 3, amount: 2, available_after: 2, held_after: 8, hold_id: foreign };
    expect(await insert(rawRow("hold", wallet, place))).toBe("transfers_hold_open");
  });

  it("that uses a hold which has ended is refused, however it ended", async () => {
    await placeAnother();
    await rawInsert(fresh.db, release(6, { seq: 4, available_after: 8, held_after: 2 }));
    const late = { seq: 5, available_after: 8, held_after: 1 };
    expect(await insert(capture(1, late))).toBe("transfers_hold_open");
    const again = release(1, { ...late, available_after: 9 });
    expect(await insert(again)).toBe("transfers_caused_once");
    expect(await insert({ ...again, leg: 1 })).toBe("transfers_hold_open");
  });

  it("that takes held credits from a lot which holds none is refused", async () => {
    await rawLot(fresh.db, wallet, { lot_no: 2, granted: 5 });
    const given = { seq: 3, available_after: 9, held_after: 6, lot_no: 2 };
    await rawInsert(fresh.db, rawPromotion(wallet, 5, given));
    const wrong = capture(2, { seq: 4, available_after: 9, held_after: 4, lot_no: 2 });
    expect(await insert(wrong)).toBe("lots_held_in_range");
  });

  it("and no other, names its hold", async () => {
    expect(await insert(capture(1, { hold_id: null }))).toBe("transfers_name_their_hold");
    expect(await insert(release(1, { hold_id: null, cause_id: holdId }))).toBe(
      "transfers_name_their_hold",
    );
    expect(await insert(spend(1, { hold_id: holdId }))).toBe("transfers_name_their_hold");
  });
});

describe("a hold, by plain SQL,", () => {
  it.each([
    ["amount = 7", "holds_within_amount"],
    ["captured = 1", "holds_change_by_transfers"],
    ["released = 1", "holds_change_by_transfers"],
    ["captured = 7", "holds_within_amount"],
    ["captured = -1", "holds_within_amount"],
    ["ended_at = now(), ended_as = 'released'", "holds_end_empty"],
    ["released = 6, ended_at = now(), ended_as = 'released'", "holds_change_by_transfers"],
    ["ended_as = 'released'", "holds_end_once"],
    ["over_capture = 'upToAvailable'", "holds_change_by_transfers"],
    ["over_capture = 'whatever'", "holds_over_capture_check"],
    ["api_key_id = gen_random_uuid()", "holds_change_by_transfers"],
    ["created_at = now()", "holds_change_by_transfers"],
    ["id = gen_random_uuid()", "holds_change_by_transfers"],
    ["project_id = gen_random_uuid()", "holds_change_by_transfers"],
  ])("cannot be edited: %s", async (change, constraint) => {
    expect(await sql(`update holds set ${change} where id = ?`, holdId)).toBe(constraint);
  });

  it("may only be given another time to end", async () => {
    await fresh.db.raw("update holds set expires_at = now() where id = ?", [holdId]);
  });

  it("cannot be deleted, nor can all of them be emptied", async () => {
    expect(await sql("delete from holds where id = ?", holdId)).toBe("holds_kept");
    expect(await sql("truncate holds")).toBe("holds_never_emptied");
  });

  it("cannot be opened filled, ended, for nothing, twice, or without a wallet", async () => {
    const open = (hold: Readonly<Record<string, unknown>>, owner = wallet) =>
      refusedBy(rawHold(fresh.db, owner, { id: newId("hold"), ...hold }));
    expect(await open({ placed: 6 })).toBe("holds_open_empty");
    expect(await open({ placed: 6, captured: 6 })).toBe("holds_open_empty");
    expect(await open({ ended_at: new Date(), ended_as: "released" })).toBe("holds_open_empty");
    expect(await open({ amount: 0 })).toBe("holds_amount_check");
    expect(await open({ id: holdId })).toBe("holds_pkey");
    expect(await open({}, { ...wallet, walletId: newId("wallet") })).toBe("holds_wallet_id_fkey");
  });
});

describe("a spend, by plain SQL,", () => {
  it("that names no lot, and an overdraft that names one, are refused", async () => {
    expect(await insert(spend(1, { lot_no: null }))).toBe("transfers_name_their_lot");
    expect(await insert(overdraft(1, { lot_no: 1 }))).toBe("transfers_name_their_lot");
  });

  it("of what is held is refused: by the wallet, and by the lot when another lot has credits", async () => {
    expect(await insert(spend(5))).toBe("transfers_available_after_check");
    await rawLot(fresh.db, wallet, { lot_no: 2, granted: 5 });
    const given = { seq: 3, available_after: 9, held_after: 6, lot_no: 2 };
    await rawInsert(fresh.db, rawPromotion(wallet, 5, given));
    expect(await insert(spend(5, { seq: 4, available_after: 4 }))).toBe("lots_held_in_range");
  });

  it("of the same usage event a second time is refused, in any wallet and by any kind", async () => {
    const cause_id = newId("usageEvent");
    await rawInsert(fresh.db, spend(1, { cause_id }));
    const next = { seq: 4, cause_id };
    const other = await filledWallet(fresh.db, 10);
    const elsewhere = rawRow("spend", other, { seq: 2, amount: 1, available_after: 9, cause_id });
    for (const again of [
      spend(1, { ...next, available_after: 2 }),
      overdraft(1, { ...next, available_after: 3 }),
      capture(1, { ...next, available_after: 3, cause: "usage" }),
      elsewhere,
    ])
      expect(await insert(again)).toBe("transfers_caused_once");
  });

  it("in a batch with a row under another project in its middle takes the batch down", async () => {
    const other = await filledWallet(fresh.db, 10);
    const rows = [3, 4, 5].map((seq) => spend(1, { seq, available_after: 6 - seq }));
    const [first, middle, last] = rows;
    if (first === undefined || middle === undefined || last === undefined) return;
    const foreign = { ...middle, project_id: other.projectId };
    expect(await insert(first, foreign, last)).toBe("transfers_continue_wallet");
    await rawInsert(fresh.db, ...rows);
  });

  it("that skips a number in the middle of its batch takes the batch down", async () => {
    const rows = [3, 5].map((seq, index) => spend(1, { seq, available_after: 3 - index }));
    expect(await insert(...rows)).toBe("transfers_continue_wallet");
  });
});

describe("a kind, by plain SQL,", () => {
  it.each([
    ["spend", "revenue", "available"],
    ["spend", "held", "revenue"],
    ["overdraft", "available", "revenue"],
    ["hold", "held", "available"],
    ["capture", "available", "revenue"],
    ["capture", "revenue", "held"],
    ["release", "available", "held"],
    ["expire", "breakage", "available"],
    ["expire", "held", "breakage"],
  ] as const)("%s never moves from %s to %s", async (kind, debit_account, credit_account) => {
    const named = ["hold", "capture", "release"].includes(kind) ? { hold_id: holdId } : {};
    const row = rawRow(kind, wallet, { seq: 3, amount: 1, available_after: 4, ...named });
    expect(await insert({ ...row, held_after: 6, debit_account, credit_account })).toBe(
      "transfers_declared_movement",
    );
  });
});
