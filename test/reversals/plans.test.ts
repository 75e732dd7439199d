import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { selectPurchases, selectUnclear } from "../../src/checkout/purchases/store.js";
import { newId, type ProjectId, type PurchaseId, type WalletId } from "../../src/kernel/ids.js";
import { openWallet } from "../../src/ledger/open-wallet.js";
import { readPurchaseLots } from "../../src/ledger/read-purchase-lots.js";
import { readReturnable } from "../../src/ledger/read-returnable.js";
import type { Database, Trx } from "../../src/platform/db/connect.js";
import {
  claimUnfinished,
  findRefund,
  hasUnfinished,
  selectRefunds,
  selectUnfinished,
} from "../../src/reversals/store.js";
import type { RefundId } from "../../src/reversals/rules.js";
import { isWarned } from "../../src/reversals/warnings/store.js";
import { type FreshDatabase, freshDatabase } from "../support/database.js";
import { insertProject } from "../support/ledger.js";

/** One in a hundred was refunded, one in a thousand is unclear or has a refund under way, one in two hundred is one customer's. */
const rowsCount = 20_000;
const size = 20;

let fresh: FreshDatabase;
let projectId: ProjectId;
let walletId: WalletId;
let purchaseId: PurchaseId;
let refundId: RefundId;

beforeAll(async () => {
  fresh = await freshDatabase({ statementTimeoutMs: 0, queryTimeoutMs: 0 });
  const { db } = fresh;
  projectId = await insertProject(db);
  walletId = (await openWallet(db, projectId, "user_123")).id;
  const packId = newId("creditPack");
  await db.transaction(async (trx) => {
    await trx.raw("set local session_replication_role = replica");
    const named = { projectId, walletId, packId, rows: rowsCount };
    for (const statement of grown) await trx.raw(statement, named);
  });
  [purchaseId] = await db("refunds").whereNotNull("finished_at").limit(1).pluck("purchase_id");
  [refundId] = await db("refunds").where({ purchase_id: purchaseId }).limit(1).pluck("id");
});
afterAll(() => fresh.drop());

/** The n-th purchase was begun n seconds after the year 2026 began; its id begins with that time. */
const idOf = (n: string) =>
  `(lpad(to_hex((1767225600 + ${n})::bigint * 1000), 12, '0') || '7000' || '8000' || lpad(to_hex(${n}), 12, '0'))::uuid`;
const grown = [
  `insert into credit_packs (id, project_id, code, version, name, credits, amount_minor, currency, on_sale)
   values (:packId, :projectId, 'hundred', 1, '100 credits', 100, 100, 'usd', true)`,
  `insert into purchases (id, project_id, wallet_id, credit_pack_id, pack_name, credits, amount_minor, currency, account_id,
     livemode, state, granted, problem, quarantined_at)
   select ${idOf("n")}, :projectId, case when n % 200 = 0 then :walletId else gen_random_uuid() end, :packId, '100 credits', 100,
     100, 'usd', 'acct_1', false, case when n % 100 = 50 then 'partially_refunded' when n % 1000 = 3 then 'pending' else 'paid' end,
     case when n % 1000 = 3 then 0 else 100 end, case when n % 1000 = 7 then 'not clear' end, null
   from generate_series(1, :rows) n`,
  `insert into wallets (id, project_id, customer_id) select wallet_id, project_id, wallet_id::text from purchases
   where wallet_id <> :walletId`,
  `insert into lots (project_id, wallet_id, lot_no, source, purchase_id, granted, remaining, priority)
   select project_id, wallet_id, row_number() over (partition by wallet_id order by id), 'purchase', id, 100, 50, 200
   from purchases where granted > 0`,
  `insert into reversals (project_id, wallet_id, id, purchase_id, number, amount, because)
   select project_id, wallet_id, gen_random_uuid(), id, 1, 50, 'a test' from purchases where granted > 0`,
  `insert into transfers (project_id, wallet_id, seq, amount, available_after, held_after, debt_after, cause_id, cause, kind,
     debit_account, credit_account, lot_no, leg)
   select r.project_id, r.wallet_id, row_number() over (partition by r.wallet_id order by r.id), 50, 0, 0, 0, r.id, 'reversal',
     'reversal', 'available', 'stripe_clearing', l.lot_no, 1 from reversals r join lots l on l.purchase_id = r.purchase_id`,
  `insert into refunds (project_id, wallet_id, id, purchase_id, account_id, charge_id, amount_minor, currency, credits, actor,
     state, stripe_refund_id, next_attempt_at, created_at, finished_at)
   select project_id, wallet_id, gen_random_uuid(), id, 'acct_1', 'ch_1', 50, 'usd', 50, 'test',
     'accepted', 're_' || id, now() - interval '1 hour', now() - interval '1 hour',
     case when right(id::text, 3) <> '001' then now() end from purchases where granted > 0`,
  `insert into fraud_warnings (project_id, wallet_id, purchase_id, account_id, livemode, warning_id, fraud_type, actionable,
     stripe_created_at)
   select project_id, wallet_id, id, 'acct_1', false, 'issfr_' || id, 'misc', true, now() from purchases where granted > 0`,
];

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
    `select sum(seq_tup_read + coalesce(idx_tup_fetch, 0)) as read from pg_stat_xact_user_tables
     where relname in ('purchases', 'wallets', 'credit_packs', 'lots', 'holds', 'reversals', 'transfers', 'refunds',
       'fraud_warnings')`,
  );
  return Number(rows[0]?.read);
}

const second = (n: number) => new Date(1_767_225_600_000 + n * 1_000);

describe.each(["without statistics", "with statistics"])("among 20,000 purchases, %s,", (when) => {
  beforeAll(async () => {
    if (when === "with statistics") await fresh.db.raw("analyze");
  });

  /** Each row with its wallet and its pack. */
  const page = 3 * (size + 1);
  const list = (trx: Trx | Database, filter: Partial<Parameters<typeof selectPurchases>[2]>) =>
    selectPurchases(trx, projectId, { idBefore: undefined, limit: size + 1, ...filter });

  it.each<[string, number, (trx: Trx) => Promise<unknown>]>([
    ["the newest purchases", page, (trx) => list(trx, {})],
    ["the next page of them", page, (trx) => list(trx, { idBefore: purchaseId })],
    ["those of one customer", page, (trx) => list(trx, { walletId })],
    ["the few that were refunded", page, (trx) => list(trx, { status: "partially_refunded" })],
    // Those of two states are read and sorted: they are open for a day at most.
    ["those that are open", page + 2 * 20, (trx) => list(trx, { status: "pending" })],
    ["those in quarantine", 0, (trx) => list(trx, { status: "quarantined" })],
    [
      "those of a minute long ago",
      page,
      (trx) => list(trx, { from: second(5_000), to: second(5_060) }),
    ],
    ["purchases that are unclear", 20, (trx) => selectUnclear(trx, 50)],
    // The lot, its wallet, the reversal and its transfer.
    ["what became of one's credits", 4, (trx) => readPurchaseLots(trx, [purchaseId])],
    ["what it has for a refund", 3, (trx) => readReturnable(trx, { walletId, purchaseId })],
    ["a refund", 1, (trx) => findRefund(trx, projectId, refundId)],
    ["whether one is under way", 1, (trx) => hasUnfinished(trx, purchaseId)],
    [
      "the refunds of a purchase",
      2,
      (trx) =>
        selectRefunds(trx, { projectId, purchaseId }, { idBefore: undefined, limit: size + 1 }),
    ],
    // Five refunds and their purchases.
    [
      "refunds that nobody has finished",
      10,
      (trx) => selectUnfinished(trx, { limit: 50, olderThanSeconds: 60 }),
    ],
    // Found, locked, and found again to be updated.
    ["due refunds", 30, (trx) => claimUnfinished(trx, { limit: 50, pauseSeconds: 60 })],
    ["whether a purchase is warned of", 1, (trx) => isWarned(trx, purchaseId)],
  ])("finding %s reads at most %i rows", async (_what, most, work) => {
    expect(await rowsRead(work)).toBeLessThanOrEqual(most);
  });

  it("finds what is there", async () => {
    expect(await list(fresh.db, { status: "partially_refunded" })).toHaveLength(size + 1);
    const unfinished = await selectUnfinished(fresh.db, { limit: 50, olderThanSeconds: 60 });
    expect(unfinished.length).toBeGreaterThan(0);
    const lots = await readPurchaseLots(fresh.db, [purchaseId]);
    expect(lots.get(purchaseId)).toMatchObject({ remaining: 50n, used: 0n });
  });
});
