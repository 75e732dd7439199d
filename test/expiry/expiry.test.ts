import { describe, expect, it } from "vitest";
import { expireHolds, expireLots } from "../../src/expiry/jobs.js";
import { endHold } from "../../src/expiry/rules.js";
import { wholeCredits } from "../../src/kernel/credits.js";
import { newId, type ProjectId, type WalletId } from "../../src/kernel/ids.js";
import type { Movement } from "../../src/ledger/decide-all.js";
import { decideGrant } from "../../src/ledger/decide-grant.js";
import { decideHold } from "../../src/ledger/decide-hold.js";
import { findDueHolds, findWalletsWithDueLots } from "../../src/ledger/find-due.js";
import { openWallet } from "../../src/ledger/open-wallet.js";
import { applyMovements } from "../../src/ledger/post-movements.js";
import { byOperator, insertProject } from "../support/ledger.js";
import { balance, expectBooks, holdsApi } from "../holds/holds-api.js";

const api = holdsApi();
const { customer, held, capture, release, extend, read, wallet, lines } = api;

const run = (schedule: typeof expireHolds) =>
  schedule.run(api.stack().ctx, {
    signal: new AbortController().signal,
    log: api.stack().ctx.log,
  });
const walletOf = (customerId: string) => openWallet(api.db(), api.stack().projectId, customerId);

describe("a hold whose time is over", () => {
  it("gives back what is left, and says that it expired; one that lasts is left alone", async () => {
    const [customerId, other] = [await customer(20), await customer(20)];
    const [id, lasting] = [await held(customerId, 10), await held(other, 10)];
    await capture(id, { credits: 3 });
    await api.runOut(customerId);
    await run(expireHolds);
    expect(await read(id)).toMatchObject({
      state: "expired",
      captured: 3,
      released: 7,
      left: 0,
      endedAt: expect.any(String),
    });
    expect(await wallet(customerId)).toMatchObject(balance(17));
    expect((await lines(customerId)).at(-1)).toEqual(["release", 0, "No longer set aside"]);
    const late = await release(id);
    expect([late.status, late.json]).toMatchObject([409, { state: "expired" }]);
    expect(await read(lasting)).toMatchObject({ state: "open" });
  });

  it("expires once, however many sweeps see it", async () => {
    const customerId = await customer(20);
    for (let n = 0; n < 10; n++) await held(customerId, 2);
    await api.runOut(customerId);
    await Promise.all([run(expireHolds), run(expireHolds), run(expireHolds)]);
    await run(expireHolds);
    expect(await wallet(customerId)).toMatchObject(balance(20));
    expect(await lines(customerId)).toHaveLength(21);
  });

  it("that was extended or ended since it was found is passed over", async () => {
    const customerId = await customer(20);
    const [extended, captured] = [await held(customerId, 5), await held(customerId, 5)];
    await api.runOut(customerId);
    const found = await findDueHolds(api.db(), { limit: 10, except: [] });
    expect(found).toHaveLength(2);
    await api
      .db()("holds")
      .whereNull("ended_at")
      .update({ expires_at: api.db().raw("clock_timestamp() + interval '1 hour'") });
    await extend(extended, 7_200);
    await capture(captured, { credits: 5 });
    const verdicts = await api.db().transaction((trx) => applyMovements(trx, found.map(endHold)));
    expect(verdicts.map(({ approved }) => approved)).toEqual([false, false]);
    expect(await wallet(customerId)).toMatchObject(balance(10, 5));
  });

  it("expires in a frozen wallet, too", async () => {
    const customerId = await customer(5);
    const id = await held(customerId, 5);
    await api
      .db()("wallets")
      .where({ customer_id: customerId })
      .update({ frozen_at: new Date(), frozen_because: "a test" });
    await api.runOut(customerId);
    await run(expireHolds);
    expect(await read(id)).toMatchObject({ state: "expired" });
    expect(await wallet(customerId)).toMatchObject(balance(5));
  });
});

describe("credits whose time is over", () => {
  it("leave a wallet that nobody touches", async () => {
    const customerId = await customer(20);
    await api.runOutLots(customerId);
    await run(expireLots);
    expect(await wallet(customerId)).toMatchObject(balance(0));
    expect((await lines(customerId)).at(-1)).toEqual(["expire", -20, "Expired"]);
    await run(expireLots);
    expect(await lines(customerId)).toHaveLength(2);
  });

  it("stay as far as a hold needs them, can be captured, and leave when the hold ends", async () => {
    const customerId = await customer(20);
    const id = await held(customerId, 15);
    await api.runOutLots(customerId);
    await run(expireLots);
    expect(await wallet(customerId)).toMatchObject(balance(0, 15));
    expect((await capture(id, { credits: 4 })).status).toBe(201);
    await run(expireLots);
    expect(await wallet(customerId)).toMatchObject(balance(0, 11));
    expect((await release(id)).json["balance"]).toEqual(balance(11));
    await run(expireLots);
    expect(await wallet(customerId)).toMatchObject(balance(0));
    expect((await lines(customerId)).map(([kind, credits]) => [kind, credits])).toEqual([
      ["promotion", 20],
      ["hold", 0],
      ["expire", -5],
      ["capture", -4],
      ["release", 0],
      ["expire", -11],
    ]);
  });

  it("leave before anything else is decided, so that they cannot be spent on the way out", async () => {
    const customerId = await customer(20);
    const id = await held(customerId, 15);
    await api.runOutLots(customerId);
    await release(id);
    const { status, json } = await api.place({ customerId, credits: 1 });
    expect([status, json["available"]]).toEqual([402, 0]);
    await run(expireLots);
    expect(await wallet(customerId)).toMatchObject(balance(0));
  });

  it("are found behind any number of lots that holds have taken as a whole", async () => {
    const pinned: WalletId[] = [];
    for (let n = 0; n < 20; n++) {
      const customerId = await customer(1);
      await held(customerId, 1);
      await api.runOutLots(customerId);
      pinned.push((await walletOf(customerId)).id);
    }
    const free = await customer(1);
    await api.runOutLots(free);
    const found = await findWalletsWithDueLots(api.db(), { limit: 5, except: [] });
    expect(found.map(({ walletId }) => walletId)).toEqual([(await walletOf(free)).id]);
    await run(expireLots);
    expect(await wallet(free)).toMatchObject(balance(0));
  });
});

describe("a sweep", () => {
  it("ends more holds than one batch takes, of several projects, one project a transaction", async () => {
    const projects = [await insertProject(api.db()), await insertProject(api.db())];
    const all = [];
    for (const projectId of projects) all.push(...(await manyDue(projectId, 700)));
    await run(expireHolds);
    const rows = await api.db()("wallets").whereIn("id", all).select("available", "held", "seq");
    expect(rows).toHaveLength(1_400);
    expect(
      rows.every(({ available, held: left }) => available === 10_000_000n && left === 0n),
    ).toBe(true);
    const written = await api
      .db()("transfers")
      .whereIn("wallet_id", all)
      .where({ kind: "release" })
      .select(api.db().raw("xmin::text as transaction"))
      .countDistinct("project_id as projects")
      .count("* as lines")
      .groupByRaw("xmin::text");
    expect(written.map(({ projects: n }) => Number(n))).toEqual([1, 1, 1, 1]);
    expect(written.map(({ lines: n }) => Number(n)).toSorted()).toEqual([200, 200, 500, 500]);
  });

  it("goes on around a wallet that somebody else keeps locked, and says so in the end", async () => {
    const customers = [await customer(5), await customer(5), await customer(5), await customer(5)];
    for (const each of customers) {
      await held(each, 5);
      await api.runOut(each);
    }
    const [busy = "", ...others] = customers;
    const { id } = await walletOf(busy);
    const trx = await api.db().transaction();
    await trx.raw("set local idle_in_transaction_session_timeout = 0");
    await trx("wallets").where({ id }).forUpdate();
    await expect(run(expireHolds)).rejects.toThrow("1 wallets were not swept");
    for (const each of others) expect(await wallet(each)).toMatchObject(balance(5));
    expect(await wallet(busy)).toMatchObject(balance(0, 5));
    await trx.rollback();
    await run(expireHolds);
    expect(await wallet(busy)).toMatchObject(balance(5));
  });

  it("leaves books that check clean", () => expectBooks(api.db()));
});

/** Wallets of 10 credits, of which a hold whose time is over has 4. */
async function manyDue(projectId: ProjectId, count: number): Promise<readonly WalletId[]> {
  const ids = Array.from({ length: count }, () => newId("wallet"));
  await api
    .db()("wallets")
    .insert(ids.map((id) => ({ id, project_id: projectId, customer_id: id })));
  for (const movementOf of [give, take])
    for (let from = 0; from < count; from += 500) {
      const movements = ids.slice(from, from + 500).map(movementOf);
      const verdicts = await api.db().transaction((trx) => applyMovements(trx, movements));
      expect(verdicts.every(({ approved }) => approved)).toBe(true);
    }
  await api
    .db()("holds")
    .whereIn("wallet_id", ids)
    .update({ expires_at: api.db().raw("clock_timestamp() - interval '1 ms'") });
  return ids;
}

const give = (walletId: WalletId): Movement => ({
  walletId,
  opens: true,
  decide: (book) =>
    decideGrant(book, {
      kind: "promotion",
      amount: wholeCredits(10),
      cost: null,
      expiresAt: null,
      cause: byOperator(),
      memo: null,
    }),
});

const take = (walletId: WalletId): Movement => ({
  walletId,
  opens: true,
  decide: (book, asked) =>
    decideHold(book, {
      ...asked,
      hold: {
        id: newId("hold"),
        amount: wholeCredits(4),
        overCapture: "reject",
        expiresAt: new Date(asked.now.getTime() + 60_000),
        apiKeyId: null,
        rateCardVersion: 0,
        description: null,
      },
      openHoldsMax: 100,
      memo: null,
    }),
});
