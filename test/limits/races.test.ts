import { describe, expect, it } from "vitest";
import { wholeCredits } from "../../src/kernel/credits.js";
import { type HoldId, newId, type WalletId } from "../../src/kernel/ids.js";
import { checkInvariants } from "../../src/ledger/check-invariants.js";
import type { Movement } from "../../src/ledger/decide-all.js";
import { applyMovements } from "../../src/ledger/post-movements.js";
import { freezeWallet, unfreezeWallet } from "../../src/limits/freeze-wallet.js";
import type { LimitsChange } from "../../src/limits/rules.js";
import { setKeyLimits } from "../../src/limits/set-key-limits.js";
import { setWalletLimits } from "../../src/limits/set-wallet-limits.js";
import { until } from "../support/until.js";
import { apply, holding, limitsApi, releasing, spending, spentFrom } from "./limits-api.js";

const api = limitsApi();
const [one, ten, hundred] = [wholeCredits(1), wholeCredits(10), wholeCredits(100)];

const customers = (count: number, credits: number) =>
  Promise.all(Array.from({ length: count }, () => api.customer(credits)));
const counted = (told: readonly string[]) =>
  Object.fromEntries(
    [...new Set(told)].map((word) => [word, told.filter((t) => t === word).length]),
  );

describe("a limit of 100 a day and 50 spends of 10 at once", () => {
  it("lets exactly 10 of a wallet pass", async () => {
    const { walletId, path } = await api.customer(1_000);
    await api.call("PUT", `${path}/spend-limits`, { perDay: 100 });
    const told = await Promise.all(
      Array.from({ length: 50 }, () => apply(api.db(), [spending(walletId, ten)])),
    );
    expect(counted(told.flat())).toEqual({ done: 10, wallet_spend_limit: 40 });
    expect(await spentFrom(api.db(), [walletId])).toBe(hundred);
  });

  it("lets exactly 10 of a key pass, over 25 wallets and in batches, too", async () => {
    const key = await api.key();
    const all = await customers(25, 1_000);
    await api.call("PUT", key.path, { perDay: 100 });
    const batches = [
      ...all.map(({ walletId }) => [spending(walletId, ten, key.id)]),
      ...Array.from({ length: 5 }, (_, batch) =>
        all.slice(batch * 5, batch * 5 + 5).map(({ walletId }) => spending(walletId, ten, key.id)),
      ),
    ];
    const told = await Promise.all(batches.map((batch) => apply(api.db(), batch)));
    expect(counted(told.flat())).toEqual({ done: 10, key_spend_limit: 40 });
    const spent = await spentFrom(
      api.db(),
      all.map(({ walletId }) => walletId),
    );
    expect(spent).toBe(hundred);
  });
});

/** Spends over and over, on several connections, until each spender was refused five times. */
function spendOnAndOn(next: () => Movement, spenders = 8): Promise<unknown> {
  const spender = async () => {
    for (let refused = 0; refused < 5; ) {
      const [told] = await apply(api.db(), [next()]);
      if (told !== "done") refused++;
    }
  };
  return Promise.all(Array.from({ length: spenders }, spender));
}

describe("from its answer on", () => {
  it.each(["wallet", "key"] as const)(
    "a limit of a %s that is set while spends run is not exceeded",
    async (kind) => {
      const key = await api.key();
      const all = await customers(kind === "wallet" ? 1 : 6, 100_000);
      const ids = all.map(({ walletId }) => walletId);
      const [first] = all;
      if (first === undefined) throw new Error("there is a customer");
      let turn = 0;
      const running = spendOnAndOn(() =>
        spending(ids[turn++ % ids.length] ?? first.walletId, one, key.id),
      );
      await until(async () => (await spentFrom(api.db(), ids)) >= wholeCredits(20), {
        because: "spends to run",
      });
      const path = kind === "wallet" ? `${first.path}/spend-limits` : key.path;
      const { status } = await api.call("PUT", path, { perMonth: 30 });
      const atAnswer = await spentFrom(api.db(), ids);
      await running;
      expect(status).toBe(200);
      const after = (await spentFrom(api.db(), ids)) - atAnswer;
      expect(after <= wholeCredits(30)).toBe(true);
      expect((await api.call("GET", path)).json["perMonth"]).toMatchObject({ spent: 30 });
    },
  );

  it("the first limits of a key wait for the spends under way, and those that begin meanwhile count", async () => {
    const key = await api.key();
    const [slow, quick] = await customers(2, 100);
    if (slow === undefined || quick === undefined) throw new Error("there are two customers");
    let answered = false;
    const trx = await api.db().transaction();
    await applyMovements(trx, [spending(slow.walletId, ten, key.id)]);
    const put = api.call("PUT", key.path, { perDay: 5 }).finally(() => {
      answered = true;
    });
    const row = () => api.db()("spend_limits").where({ subject_id: key.id }).first();
    await until(row, { because: "the limits to be committed" });
    expect(await apply(api.db(), [spending(quick.walletId, ten, key.id)])).toEqual([
      "key_spend_limit",
    ]);
    expect(answered).toBe(false);
    await trx.commit();
    expect((await put).status).toBe(200);
  });

  it("a hold that the first limits of a key did not count makes no room when it is released", async () => {
    const key = await api.key();
    const { walletId } = await api.customer(1_000);
    const hold = newId("hold");
    const trx = await api.db().transaction();
    await applyMovements(trx, [holding(walletId, hold, ten, key.id)]);
    const put = api.call("PUT", key.path, { perDay: 10 });
    const row = () => api.db()("spend_limits").where({ subject_id: key.id }).first();
    await until(row, { because: "the limits to be committed" });
    await trx.commit();
    await put;
    await apply(api.db(), [spending(walletId, ten, key.id), releasing(walletId, hold)]);
    expect(await apply(api.db(), [spending(walletId, one, key.id)])).toEqual(["key_spend_limit"]);
  });

  it("nothing is spent from a wallet that was frozen while spends ran", async () => {
    const { walletId, path, wallet } = await api.customer(100_000);
    const running = spendOnAndOn(() => spending(walletId, one));
    await until(async () => (await wallet()).seq > 20n, { because: "spends to run" });
    const answer = await api.call("POST", `${path}/freeze`, { reason: "stop" });
    const { seq } = await wallet();
    await running;
    expect([answer.status, (await wallet()).seq]).toEqual([200, seq]);
    const late = await api
      .db()("transfers as t")
      .join("wallets as w", "w.id", "t.wallet_id")
      .where({ wallet_id: walletId })
      .whereRaw("t.created_at > w.frozen_at");
    expect(late).toEqual([]);
  });
});

/** Numbers that look random and are the same in every run. */
function* numbers(seed: number): Generator<number, never> {
  for (let state = seed; ; ) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    yield state / 2 ** 32;
  }
}

describe("setters, spenders and grants all at once", () => {
  it("never wait for each other in a circle, break no limit that stands, and keep the books", async () => {
    const keys = [await api.key(), await api.key(), await api.key()];
    const all = await customers(6, 10_000);
    const random = numbers(20_301);
    const below = (max: number) => Math.floor(random.next().value * max);
    const any = <T>(from: readonly T[]): T => from[below(from.length)] as T;
    const holds: (readonly [WalletId, HoldId])[] = [];
    const limits = (): LimitsChange => ({
      minute: any([null, wholeCredits(50), wholeCredits(500)]),
      day: any([null, wholeCredits(200)]),
      month: null,
    });
    const movement = (): Movement => {
      const [{ walletId }, key] = [any(all), any(keys)];
      const apiKeyId = any([key.id, null]);
      const open = holds.shift();
      if (below(4) === 0 && open !== undefined) return releasing(...open);
      if (below(3) > 0) return spending(walletId, wholeCredits(1 + below(5)), apiKeyId);
      const id = newId("hold");
      holds.push([walletId, id]);
      return holding(walletId, id, ten, apiKeyId);
    };
    const db = api.db();
    const owner = () => ({ projectId: api.projectId(), customerId: any(all).name });
    // No transaction is tried again, so that every deadlock shows.
    const acts = [
      () => db.transaction((trx) => setWalletLimits(trx, owner(), limits(), "test")),
      () => setKeyLimits(db, { projectId: api.projectId(), id: any(keys).id }, limits(), "test"),
      () => db.transaction((trx) => freezeWallet(trx, { ...owner(), reason: "x" }, "test")),
      () => db.transaction((trx) => unfreezeWallet(trx, { ...owner(), reason: null }, "test")),
      () => any(all).give(1),
      ...Array.from({ length: 5 }, () => () => {
        const batch = Array.from({ length: 1 + below(8) }, movement);
        return db.transaction((trx) => applyMovements(trx, batch));
      }),
    ];
    const actor = async () => {
      for (let turn = 0; turn < 60; turn++) await any(acts)();
    };
    await Promise.all(Array.from({ length: 8 }, actor));
    const { rows } = await db.raw(
      "select deadlocks::int from pg_stat_database where datname = current_database()",
    );
    expect(rows).toEqual([{ deadlocks: 0 }]);
    const marked = await db.raw(
      `select w.id from wallets w left join spend_limits s on s.subject_id = w.id
       where w.limited <> (s.subject_id is not null)`,
    );
    expect(marked.rows).toEqual([]);
    const broken = (await checkInvariants(db)).filter(({ offenders }) => offenders > 0);
    expect(broken).toEqual([]);
  });
});
