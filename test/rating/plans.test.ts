import { afterAll, beforeAll, expect, it } from "vitest";
import { newId, type ProjectId, type QuoteId } from "../../src/kernel/ids.js";
import { openWallet } from "../../src/ledger/open-wallet.js";
import type { Trx } from "../../src/platform/db/connect.js";
import { currentRateCardVersion, listRateCards } from "../../src/rating/read-rate-cards.js";
import { lockQuotes, markQuotesRedeemed } from "../../src/rating/redeem-quote.js";
import { type FreshDatabase, freshDatabase } from "../support/database.js";
import { insertProject } from "../support/ledger.js";

const rowsCount = 20_000;

let fresh: FreshDatabase;
let projectId: ProjectId;
let quotes: readonly QuoteId[];

beforeAll(async () => {
  fresh = await freshDatabase({ statementTimeoutMs: 0, queryTimeoutMs: 0 });
  const { db } = fresh;
  projectId = await insertProject(db);
  const { id: walletId } = await openWallet(db, projectId, "user_123");
  await db.raw(
    `insert into rate_cards (id, project_id, version, terms)
     select gen_random_uuid(), ?, n, '{"events": {}}' from generate_series(1, ?) n`,
    [projectId, rowsCount],
  );
  await db.raw(
    `insert into quotes (id, project_id, wallet_id, event, rate_card_version, credits, expires_at)
     select gen_random_uuid(), ?, ?, 'x', 1, 1, now() + interval '1 hour' from generate_series(1, ?) n`,
    [projectId, walletId, rowsCount],
  );
  quotes = await db("quotes").limit(100).pluck("id");
  await db.raw("analyze rate_cards, quotes");
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
     from pg_stat_xact_user_tables where relname in ('rate_cards', 'quotes')`,
  );
  return Number(rows[0]?.read);
}

it.each<[string, number, (trx: Trx) => Promise<unknown>]>([
  ["the version in force", 1, (trx) => currentRateCardVersion(trx, projectId)],
  ["a page of versions", 21, (trx) => listRateCards(trx, projectId, { size: 20 })],
  ["locking 100 quotes", 200, (trx) => lockQuotes(trx, projectId, quotes)],
  [
    "redeeming 100 quotes",
    200,
    (trx) => {
      const by = quotes.map((quoteId) => ({ quoteId, redeemedBy: newId("hold") }));
      return markQuotesRedeemed(trx, by);
    },
  ],
])("%s among 20,000 reads at most %i rows", async (_what, most, work) => {
  const read = await rowsRead(work);
  expect(read).toBeGreaterThan(0);
  expect(read).toBeLessThanOrEqual(most);
});
