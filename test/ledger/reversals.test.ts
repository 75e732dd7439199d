import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { micro } from "../../src/kernel/credits.js";
import { newId, type ProjectId } from "../../src/kernel/ids.js";
import { brokenOf, checkInvariants } from "../../src/ledger/check-invariants.js";
import { decideHold } from "../../src/ledger/decide-hold.js";
import { type FreshDatabase, freshDatabase } from "../support/database.js";
import { insertProject } from "../support/ledger.js";
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

const open = (customerId: string) => soldWallet(fresh.db, projectId, customerId);

describe("credits that are taken back", () => {
  it("come from the purchase's own lot, then from the others in burn order; the rest is owed", async () => {
    const ada = await open("ada");
    await ada.give(micro(10n)); // lot 1, burns first
    const first = await ada.buy(20n);
    const second = await ada.buy(40n);
    expect(told(await ada.takeBack(second, 15n))).toEqual(["reversal 15 of lot 3"]);
    await ada.spend(12n); // 10 of lot 1, 2 of lot 2
    expect(told(await ada.takeBack(first, 20n))).toEqual([
      "reversal 18 of lot 2",
      "reversal 2 of lot 3",
    ]);
    await ada.spend(20n);
    expect(told(await ada.takeBack(second, 25n))).toEqual([
      "reversal 3 of lot 3",
      "reversal_debt 22",
    ]);
    expect(await ada.balances()).toEqual([0n, 0n, 22n]);
    expect(await ada.lots()).toEqual({ 1: "0", 2: "0 (20 reversed)", 3: "0 (40 reversed)" });
  });

  it("are none of a hold's", async () => {
    const bob = await open("bob");
    const bought = await bob.buy(20n);
    const hold = { id: newId("hold"), amount: micro(12n), overCapture: "reject" as const };
    await bob.post((book) =>
      decideHold(book, {
        hold: {
          ...hold,
          expiresAt: new Date(Date.now() + 60_000),
          apiKeyId: null,
          rateCardVersion: 0,
          description: null,
        },
        openHoldsMax: 10,
        memo: null,
        keyWindows: null,
        now: new Date(),
      }),
    );
    expect(told(await bob.takeBack(bought, 20n))).toEqual([
      "reversal 8 of lot 1",
      "reversal_debt 12",
    ]);
    expect(await bob.balances()).toEqual([0n, 12n, 12n]);
  });

  it("leave a frozen wallet, and one that owes already", async () => {
    const cid = await open("cid");
    const bought = await cid.buy(20n);
    await cid.spend(25n, 5n);
    await fresh
      .db("wallets")
      .where({ id: cid.walletId })
      .update({ frozen_at: new Date(), frozen_because: "a test" });
    expect(told(await cid.takeBack(bought, 7n))).toEqual(["reversal_debt 7"]);
    expect(await cid.balances()).toEqual([0n, 0n, 12n]);
  });

  it("in thirds of 33, 33 and 34 end at exactly zero", async () => {
    const dee = await open("dee");
    const bought = await dee.buy(100n);
    for (const third of [33n, 33n, 34n]) await dee.takeBack(bought, third);
    expect(await dee.balances()).toEqual([0n, 0n, 0n]);
    expect(await dee.lots()).toEqual({ 1: "0 (100 reversed)" });
  });

  it("are at most what was granted: our code asserts it", async () => {
    const eve = await open("eve");
    const bought = await eve.buy(100n);
    await eve.takeBack(bought, 60n);
    await expect(eve.takeBack(bought, 41n)).rejects.toThrow("no more is reversed");
    expect(await eve.balances()).toEqual([40n, 0n, 0n]);
  });

  it("say on the statement what happened", async () => {
    const fay = await open("fay");
    const bought = await fay.buy(10n);
    await fay.spend(4n);
    await fay.takeBack(bought, 10n);
    const lines = (await fay.statement())
      .slice(0, 2)
      .map(({ kind, change, memo }) => [kind, change, memo]);
    expect(lines).toEqual([
      ["reversal_debt", -4n, "500 credits for $9.99"],
      ["reversal", -6n, "500 credits for $9.99"],
    ]);
  });
});

describe("credits that are given back", () => {
  it("go where they came from, the last taken first", async () => {
    const gil = await open("gil");
    await gil.give(micro(10n));
    const bought = await gil.buy(20n);
    await gil.spend(15n); // 10 of lot 1, 5 of lot 2
    await gil.give(micro(4n)); // lot 3
    expect(told(await gil.takeBack(bought, 20n))).toEqual([
      "reversal 15 of lot 2",
      "reversal 4 of lot 3",
      "reversal_debt 1",
    ]);
    expect(told(await gil.giveBack(bought, 8n))).toEqual([
      "reinstatement_debt 1",
      "reinstatement 4 of lot 3",
      "reinstatement 3 of lot 2",
    ]);
    expect(told(await gil.giveBack(bought, 12n))).toEqual(["reinstatement 12 of lot 2"]);
    expect(await gil.lots()).toEqual({ 1: "0", 2: "15", 3: "4" });
  });

  it("return to the lots that have paid the debt meanwhile, as if nothing had been taken", async () => {
    const hal = await open("hal");
    const bought = await hal.buy(100n);
    await hal.spend(70n);
    await hal.takeBack(bought, 100n);
    await hal.buy(50n); // pays 50 of 70
    const last = await hal.buy(40n); // pays 20
    expect(await hal.lots()).toEqual({ 1: "0 (100 reversed)", 2: "0", 3: "20" });
    expect(told(await hal.giveBack(bought, 100n))).toEqual([
      "repayment_returned 20 of lot 3",
      "repayment_returned 50 of lot 2",
      "reinstatement_debt 70",
      "reinstatement 30 of lot 1",
    ]);
    expect(await hal.lots()).toEqual({ 1: "30", 2: "50", 3: "40" });
    expect(await hal.balances()).toEqual([120n, 0n, 0n]);
    await hal.takeBack(last, 40n);
  });

  it("pay what is owed for other things first", async () => {
    const ian = await open("ian");
    const bought = await ian.buy(30n);
    await ian.takeBack(bought, 30n);
    await ian.spend(12n, 20n);
    expect(told(await ian.giveBack(bought, 30n))).toEqual([
      "reinstatement 30 of lot 1",
      "debt_repayment 12 of lot 1",
    ]);
    expect(await ian.balances()).toEqual([18n, 0n, 0n]);
  });

  it("expire with their lot when its time is over by then", async () => {
    const jan = await open("jan");
    const soon = new Date(Date.now() + 1_500);
    const bought = await jan.buy(30n, soon);
    await jan.takeBack(bought, 30n);
    await fresh.db.raw("select pg_sleep_until(?)", [new Date(soon.getTime() + 10)]);
    expect(told(await jan.giveBack(bought, 30n))).toEqual(["reinstatement 30 of lot 1"]);
    await jan.give(micro(1n));
    expect((await jan.statement()).map(({ kind }) => kind)).toContain("expire");
    expect(await jan.balances()).toEqual([1n, 0n, 0n]);
  });

  it("are at most what was taken: our code asserts it", async () => {
    const kim = await open("kim");
    const bought = await kim.buy(10n);
    await kim.takeBack(bought, 5n);
    await expect(kim.giveBack(bought, 6n)).rejects.toThrow("only what was taken");
    await kim.giveBack(bought, 5n);
    await expect(kim.giveBack(bought, 1n)).rejects.toThrow("only what was taken");
  });
});

it("spends that race a reversal larger than the balance end in debt, without overspending", async () => {
  const leo = await open("leo");
  const bought = await leo.buy(100n);
  await leo.spend(60n);
  const spends = Array.from({ length: 30 }, () =>
    leo.spend(2n).then(
      () => 2n,
      () => 0n,
    ),
  );
  const reversals = [30n, 30n, 40n].reduce(
    (before, amount) => before.then(() => leo.takeBack(bought, amount)),
    Promise.resolve<unknown>(undefined),
  );
  const spent = (await Promise.all(spends)).reduce((sum, each) => sum + each, 0n);
  await reversals;
  expect(spent).toBeLessThanOrEqual(40n);
  expect(await leo.balances()).toEqual([0n, 0n, 60n + spent]);
  await expect(leo.spend(1n)).rejects.toThrow("owes");
  await leo.buy(200n);
  expect(await leo.balances()).toEqual([140n - spent, 0n, 0n]);
});
