import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { newId, type ProjectId, type WalletId } from "../../src/kernel/ids.js";
import { openWallet } from "../../src/ledger/open-wallet.js";
import { quotesPerSweep, sweepQuotes } from "../../src/rating/jobs.js";
import { lockQuotes, markQuotesRedeemed } from "../../src/rating/redeem-quote.js";
import { schedulesOf } from "../../src/app/schedules.js";
import { readConfig } from "../../src/platform/config/read-config.js";
import { newMasterKeys } from "../cli/chargly.js";
import { silentLog } from "../platform/queue/silent-log.js";
import { type FreshDatabase, freshDatabase } from "../support/database.js";
import { insertProject } from "../support/ledger.js";

let fresh: FreshDatabase;
let projectId: ProjectId;
let walletId: WalletId;
beforeAll(async () => {
  fresh = await freshDatabase();
  projectId = await insertProject(fresh.db);
  ({ id: walletId } = await openWallet(fresh.db, projectId, "user_123"));
  await fresh.db.raw(
    `insert into rate_cards (id, project_id, version, terms) values (gen_random_uuid(), ?, 1, '{"events": {}}')`,
    [projectId],
  );
});
beforeEach(async () => {
  await fresh.db("quotes").whereNull("redeemed_by").delete();
});
afterAll(() => fresh.drop());

/** Quotes that expired so long ago. */
async function expired(ago: string, count = 1): Promise<void> {
  await fresh.db.raw(
    `insert into quotes (id, project_id, wallet_id, event, rate_card_version, credits, expires_at)
     select gen_random_uuid(), ?, ?, 'x', 1, 1, now() - ?::interval from generate_series(1, ?) n`,
    [projectId, walletId, ago, count],
  );
}

const sweep = () =>
  sweepQuotes.run({ db: fresh.db }, { signal: new AbortController().signal, log: silentLog });
const left = async () => {
  const ids: unknown[] = await fresh.db("quotes").whereNull("redeemed_by").pluck("id");
  return ids.length;
};

it("forgets quotes a week after they expired, and no others", async () => {
  await expired("7 days 1 minute", 3);
  await expired("6 days 23 hours");
  await expired("-1 hour");
  await sweep();
  expect(await left()).toBe(2);
  await sweep();
  expect(await left()).toBe(2);
});

it("keeps a quote that was redeemed, however old, and one that is being redeemed", async () => {
  await expired("30 days", 2);
  const [used, wanted] = await fresh.db("quotes").whereNull("redeemed_by").pluck("id");
  await fresh.db.transaction((trx) =>
    markQuotesRedeemed(trx, [{ quoteId: used, redeemedBy: newId("hold") }]),
  );
  await fresh.db.transaction(async (trx) => {
    await lockQuotes(trx, projectId, [wanted]);
    await sweep();
    await markQuotesRedeemed(trx, [{ quoteId: wanted, redeemedBy: newId("hold") }]);
  });
  await sweep();
  const kept = await fresh.db("quotes").whereNotNull("redeemed_by").pluck("id");
  expect(kept.toSorted()).toEqual([used, wanted].toSorted());
});

it("takes a bounded number in one run, the oldest first", async () => {
  await expired("8 days");
  await expired("9 days", quotesPerSweep);
  await sweep();
  expect(await left()).toBe(1);
  const { rows } = await fresh.db.raw(
    "select expires_at > now() - interval '8 days 1 hour' as newest from quotes where redeemed_by is null",
  );
  expect(rows).toEqual([{ newest: true }]);
  await sweep();
  expect(await left()).toBe(0);
});

it("is among what recurs", () => {
  const config = readConfig({ CHARGLY_MASTER_KEYS: newMasterKeys() });
  expect(schedulesOf(config).map(({ name }) => name)).toContain("quotes.sweep");
});
