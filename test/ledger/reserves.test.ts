import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Credits, micro } from "../../src/kernel/credits.js";
import { newId, type ProjectId, type PurchaseId } from "../../src/kernel/ids.js";
import { approve } from "../../src/kernel/verdict.js";
import { brokenOf, checkInvariants } from "../../src/ledger/check-invariants.js";
import { decideCapture, decideRelease } from "../../src/ledger/decide-hold.js";
import type { Returnable } from "../../src/ledger/decide-reserve.js";
import { findDueHolds } from "../../src/ledger/find-due.js";
import { applyMovements } from "../../src/ledger/post-movements.js";
import { readHold, readHolds, readHoldTerms } from "../../src/ledger/read-hold.js";
import { releaseReserve } from "../../src/ledger/release-reserve.js";
import { reservePurchase } from "../../src/ledger/reserve-purchase.js";
import type { ReservePurpose } from "../../src/ledger/reversible.js";
import { type FreshDatabase, freshDatabase } from "../support/database.js";
import { insertProject } from "../support/ledger.js";
import { refusedBy } from "./raw-ledger.js";
import { soldWallet, told } from "./sold.js";

let fresh: FreshDatabase;
let projectId: ProjectId;
beforeAll(async () => {
  fresh = await freshDatabase();
  projectId = await insertProject(fresh.db);
});
afterAll(async () => {
  const broken = brokenOf(await checkInvariants(fresh.db));
  await fresh.drop();
  expect(broken).toEqual([]);
});

const everything = ({ unspent }: Returnable) => approve(unspent);
const exactly = (amount: bigint) => () => approve(micro(amount));

async function open(customerId: string) {
  const wallet = await soldWallet(fresh.db, projectId, customerId);
  const { walletId } = wallet;
  const reserve = (
    purchaseId: PurchaseId,
    purpose: ReservePurpose,
    size: (there: Returnable) => ReturnType<typeof approve<Credits>>,
  ) =>
    fresh.db.transaction((trx) =>
      reservePurchase(trx, { walletId, purchaseId, purpose, size, memo: null }),
    );
  const release = (purchaseId: PurchaseId, purpose: ReservePurpose) =>
    fresh.db.transaction((trx) => releaseReserve(trx, { walletId, purchaseId, purpose }));
  return { ...wallet, reserve, release };
}

describe("a reserve", () => {
  it("takes aside what is free in the lot of its purchase, and of no other", async () => {
    const ada = await open("ada");
    await ada.give(micro(10n));
    const bought = await ada.buy(20n);
    await ada.spend(15n);
    const placed = await ada.reserve(bought, "refund", everything);
    expect(placed).toMatchObject({ purchaseId: bought, purpose: "refund", amount: 15n });
    expect(await ada.balances()).toEqual([0n, 15n, 0n]);
    await expect(ada.spend(1n)).rejects.toThrow("0 credits available");
  });

  it("is told what is unspent, what was reversed and what was granted", async () => {
    const bob = await open("bob");
    const bought = await bob.buy(20n);
    await bob.spend(4n);
    await bob.takeBack(bought, 7n);
    let seen: Returnable | undefined;
    await bob.reserve(bought, "refund", (there) => {
      seen = there;
      return approve(micro(0n));
    });
    expect(seen).toEqual({ unspent: 9n, reversed: 7n, granted: 20n });
    expect(await bob.balances()).toEqual([9n, 0n, 0n]);
  });

  it("is taken first by the reversal that it waits for, in the same posting", async () => {
    const cid = await open("cid");
    const bought = await cid.buy(20n);
    await cid.reserve(bought, "refund", exactly(8n));
    expect(told(await cid.takeBack(bought, 8n))).toEqual([
      "release 8 of lot 1",
      "reversal 8 of lot 1",
    ]);
    expect(await cid.balances()).toEqual([12n, 0n, 0n]);
    const [hold] = await fresh.db("holds").where({ wallet_id: cid.walletId });
    expect(hold).toMatchObject({ ended_as: "released", released: 8n });
  });

  it("against fraud gives to a refund what that needs, and to a reversal only when nothing else of its lot is free", async () => {
    const dee = await open("dee");
    const bought = await dee.buy(20n);
    await dee.reserve(bought, "fraud_warning", exactly(15n));
    expect(told(await dee.takeBack(bought, 7n))).toEqual([
      "release 2 of lot 1",
      "reversal 7 of lot 1",
    ]);
    await dee.reserve(bought, "refund", exactly(10n));
    expect(await dee.balances()).toEqual([0n, 13n, 0n]);
    await dee.release(bought, "refund");
    expect(await dee.balances()).toEqual([10n, 3n, 0n]);
    await dee.give(micro(5n));
    expect(told(await dee.takeBack(bought, 13n))).toEqual([
      "release 3 of lot 1",
      "reversal 13 of lot 1",
    ]);
    expect(await dee.balances()).toEqual([5n, 0n, 0n]);
  });

  it("for a refund is open once; another is not placed", async () => {
    const eve = await open("eve");
    const bought = await eve.buy(20n);
    const placed = await Promise.all(
      [1, 2, 3].map(() => eve.reserve(bought, "refund", exactly(5n))),
    );
    expect(placed.filter((each) => each !== undefined)).toHaveLength(1);
    await eve.reserve(bought, "fraud_warning", exactly(5n));
    expect(await eve.balances()).toEqual([10n, 10n, 0n]);
    await eve.release(bought, "refund");
    await eve.release(bought, "refund");
    expect(await eve.balances()).toEqual([15n, 5n, 0n]);
    expect(await eve.reserve(bought, "refund", exactly(6n))).toMatchObject({ amount: 6n });
  });

  it("against fraud takes what came back too, and all of them are given back or go to a refund together", async () => {
    const ivy = await open("ivy");
    const bought = await ivy.buy(20n);
    await ivy.reserve(bought, "fraud_warning", everything);
    await ivy.reserve(bought, "refund", exactly(8n));
    await ivy.release(bought, "refund");
    expect(await ivy.balances()).toEqual([8n, 12n, 0n]);
    expect(await ivy.reserve(bought, "fraud_warning", everything)).toMatchObject({ amount: 8n });
    expect(await ivy.reserve(bought, "fraud_warning", everything)).toBeUndefined();
    expect(await ivy.reserve(bought, "refund", everything)).toMatchObject({ amount: 20n });
    await ivy.release(bought, "refund");
    await ivy.reserve(bought, "fraud_warning", exactly(5n));
    await ivy.reserve(bought, "fraud_warning", everything);
    await ivy.release(bought, "fraud_warning");
    expect(await ivy.balances()).toEqual([20n, 0n, 0n]);
  });

  it("pays what is owed when it is given back", async () => {
    const fay = await open("fay");
    const bought = await fay.buy(20n);
    await fay.reserve(bought, "refund", everything);
    await fay.spend(8n, 8n);
    await fay.release(bought, "refund");
    expect(await fay.balances()).toEqual([12n, 0n, 0n]);
  });

  it("is no hold of whoever has its id: not read, captured, released, extended or expired", async () => {
    const gil = await open("gil");
    const bought = await gil.buy(20n);
    const placed = await gil.reserve(bought, "refund", everything);
    const holdId = placed?.id ?? newId("hold");
    const { walletId } = gil;
    expect(await readHold(fresh.db, projectId, holdId)).toBeUndefined();
    expect(await readHoldTerms(fresh.db, projectId, [holdId])).toEqual(new Map());
    const listed = await readHolds(fresh.db, walletId, { size: 10 });
    expect(listed).toMatchObject({ approved: true, value: { data: [] } });
    const due = await findDueHolds(fresh.db, { limit: 100, except: [] });
    expect(due.filter(({ id }) => id === holdId)).toEqual([]);
    const common = { holdId, keyWindows: null, token: null, now: new Date() };
    const verdicts = await fresh.db.transaction((trx) =>
      applyMovements(trx, [
        {
          walletId,
          holdId,
          decide: (book) =>
            decideCapture(book, {
              ...common,
              amount: micro(1n),
              close: true,
              cause: { type: "usage", id: newId("usageEvent") },
              memo: null,
            }),
        },
        { walletId, holdId, decide: (book) => decideRelease(book, { ...common, expired: false }) },
      ]),
    );
    expect(verdicts).toMatchObject([
      { refusal: { code: "hold_not_open" } },
      { refusal: { code: "hold_not_open" } },
    ]);
    expect(await gil.balances()).toEqual([0n, 20n, 0n]);
  });
});

describe("the database", () => {
  const rows = (changes: Readonly<Record<string, unknown>>) => ({
    project_id: projectId,
    id: newId("hold"),
    amount: 5,
    over_capture: "reject",
    rate_card_version: 0,
    purpose: "refund",
    purchase_id: newId("purchase"),
    ...changes,
  });

  it("keeps reserves with a purchase, without an end in time, and one for a refund", async () => {
    const { walletId } = await open("hal");
    const purchase_id = newId("purchase");
    const insert = (changes: Readonly<Record<string, unknown>>) =>
      fresh.db("holds").insert(rows({ wallet_id: walletId, purchase_id, ...changes }));
    const trx = await fresh.db.transaction();
    await trx("holds").insert(rows({ wallet_id: walletId, purchase_id }));
    expect(await refusedBy(trx("holds").insert(rows({ wallet_id: walletId, purchase_id })))).toBe(
      "holds_one_refund",
    );
    await trx.rollback();
    expect(await refusedBy(insert({ purpose: "gift" }))).toBe("holds_purpose_check");
    expect(await refusedBy(insert({ purchase_id: null }))).toBe("holds_reserve_names_purchase");
    expect(await refusedBy(insert({ expires_at: new Date() }))).toBe("holds_reserve_outlasts_time");
    expect(await refusedBy(insert({ purpose: null, purchase_id: null }))).toBe(
      "holds_reserve_outlasts_time",
    );
  });
});
