import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { brokenOf, checkInvariants } from "../../src/ledger/check-invariants.js";
import { ledgerInvariants } from "../../src/ledger/invariants/index.js";
import { type FreshDatabase, freshDatabase } from "../support/database.js";
import { insertProject, walletBook } from "../support/ledger.js";
import { growLedger, readingOf } from "./grown-ledger.js";

const grown = { wallets: 1_500, transfersPerWallet: 100 };
const transfers = grown.wallets * grown.transfersPerWallet;

describe("what changed in a grown ledger", () => {
  let fresh: FreshDatabase;
  beforeAll(async () => {
    fresh = await freshDatabase({ statementTimeoutMs: 0, queryTimeoutMs: 0 });
    const { db } = fresh;
    const projectId = await insertProject(db);
    await growLedger(db, { projectId, ...grown });
    await db.transaction(async (trx) => {
      await trx.raw("set local session_replication_role = replica");
      await trx.raw("update transfers set created_at = created_at - interval '1 day'");
      // Their transfers are left out of the past; see growLedger.
      await trx.raw("delete from holds where ended_at is not null");
    });
    const { give, take } = await walletBook(db, projectId, "busy");
    await give(10);
    await take(3);
    await db.raw("vacuum analyze");
    await db.raw("select brin_summarize_new_values('transfers_by_time')");
  }, 120_000);
  afterAll(() => fresh.drop());

  it.each(ledgerInvariants)("is asked for $name without reading the past", async (invariant) => {
    const since = new Date(Date.now() - 3_600_000);
    const { fullReads, rows } = await readingOf(fresh.db, async (trx) => {
      await trx.raw("set local enable_seqscan = off"); // as checkInvariants does outside a transaction
      expect(brokenOf(await checkInvariants(trx, { invariants: [invariant], since }))).toEqual([]);
    });
    expect(fullReads).toBe(0);
    // The index by time knows no single rows, only stretches of 128 pages.
    expect(rows["transfers"]).toBeLessThan(transfers / 5);
    expect((rows["lots"] ?? 0) + (rows["wallets"] ?? 0) + (rows["holds"] ?? 0)).toBeLessThan(50);
  });

  it("holds, all of it", async () => {
    expect(brokenOf(await checkInvariants(fresh.db))).toEqual([]);
  });
});
