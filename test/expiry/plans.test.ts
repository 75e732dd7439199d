import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type HoldId, newId, type ProjectId, type WalletId } from "../../src/kernel/ids.js";
import { findDueHolds, findWalletsWithDueLots } from "../../src/ledger/find-due.js";
import { readHold, readHolds } from "../../src/ledger/read-hold.js";
import { openWallet } from "../../src/ledger/open-wallet.js";
import type { Trx } from "../../src/platform/db/connect.js";
import { type FreshDatabase, freshDatabase } from "../support/database.js";
import { insertProject } from "../support/ledger.js";

/** Half of the holds have ended, most lots last long, and the first thousand that do not are held as a whole. */
const rowsCount = 60_000;
const pinnedCount = 1_000;
const dueCount = 5_000;
const limit = 500;

let fresh: FreshDatabase;
let projectId: ProjectId;
let walletId: WalletId;
let holdId: HoldId;

beforeAll(async () => {
  fresh = await freshDatabase({ statementTimeoutMs: 0, queryTimeoutMs: 0 });
  const { db } = fresh;
  projectId = await insertProject(db);
  walletId = (await openWallet(db, projectId, "user_123")).id;
  await db.transaction(async (trx) => {
    await trx.raw("set local session_replication_role = replica");
    await trx.raw(
      `insert into lots (project_id, wallet_id, lot_no, source, granted, remaining, held, priority, expires_at)
       select :projectId, gen_random_uuid(), 1, 'promotion', 5, 5, case when n <= :pinned then 5 else 0 end, 100,
         now() + (case when n <= :due then n - :rows else n end) * interval '1 second'
       from generate_series(1, :rows) n`,
      { projectId, pinned: pinnedCount, due: dueCount, rows: rowsCount },
    );
    await trx.raw(
      `insert into holds (project_id, wallet_id, id, amount, placed, released, over_capture, rate_card_version,
         expires_at, ended_at, ended_as)
       select :projectId, case when n % 4 = 1 then :walletId else gen_random_uuid() end, gen_random_uuid(), 5, 5,
         case when n % 2 = 1 then 5 else 0 end, 'reject', 0,
         now() + (case when n <= :due or n % 2 = 1 then n - :rows else n end) * interval '1 second',
         case when n % 2 = 1 then now() end, (case when n % 2 = 1 then 'released' end)::hold_end
       from generate_series(1, :rows) n`,
      { projectId, walletId, due: dueCount, rows: rowsCount },
    );
  });
  [holdId = newId("hold")] = await db("holds").where({ wallet_id: walletId }).limit(1).pluck("id");
});
afterAll(() => fresh.drop());

/** How many rows the work fetched, by index or not, by the server's own count. */
async function rowsRead(work: (trx: Trx) => Promise<unknown>): Promise<number> {
  return fresh.db.transaction(async (trx) => {
    const before = await counter(trx);
    await work(trx);
    return (await counter(trx)) - before;
  });
}

async function counter(trx: Trx): Promise<number> {
  const { rows } = await trx.raw<{ rows: { read: string }[] }>(
    `select sum(seq_tup_read + coalesce(idx_tup_fetch, 0)) as read
     from pg_stat_xact_user_tables where relname in ('holds', 'lots', 'wallets')`,
  );
  return Number(rows[0]?.read);
}

describe.each(["without statistics", "with statistics"])("among 60,000 rows, %s,", (when) => {
  beforeAll(async () => {
    if (when === "with statistics") await fresh.db.raw("analyze holds, lots, wallets");
  });

  it.each<[string, number, (trx: Trx) => Promise<unknown>]>([
    // Without statistics all that are due are read, and none that is not.
    ["500 due holds", dueCount, (trx) => findDueHolds(trx, { limit, except: [] })],
    [
      "500 due lots behind 1,000 that are held",
      limit + pinnedCount,
      (trx) => findWalletsWithDueLots(trx, { limit, except: [] }),
    ],
    ["one hold", 2, (trx) => readHold(trx, projectId, holdId)],
    ["a page of holds", 21, (trx) => readHolds(trx, walletId, { size: 20 })],
    ["those that are open", 21, (trx) => readHolds(trx, walletId, { size: 20, state: "open" })],
  ])("finding %s reads at most %i", async (_what, most, work) => {
    expect(await rowsRead(work)).toBeLessThanOrEqual(most);
  });

  it("finds what is due", async () => {
    const asked = { limit, except: [] };
    expect(await findDueHolds(fresh.db, asked)).toHaveLength(limit);
    expect(await findWalletsWithDueLots(fresh.db, asked)).toHaveLength(limit);
  });
});
