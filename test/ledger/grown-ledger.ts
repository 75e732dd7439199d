import type { HoldId, ProjectId, WalletId } from "../../src/kernel/ids.js";
import type { Database, Trx } from "../../src/platform/db/connect.js";

export const lotsPerWallet = 5;
const grantedPerLot = 1_000;

export interface Growth {
  readonly projectId: ProjectId;
  readonly wallets: number;
  readonly transfersPerWallet: number;
}

/**
 * Wallets with their history, by plain SQL with the triggers off, and no statistics about them. Each was given five
 * lots of 1,000, spent from the first, and has an open hold of 10 on the fifth, with 1 captured. Each placed ten
 * more holds once, which were released long ago; their transfers are left out.
 */
export async function growLedger(db: Database, growth: Growth): Promise<void> {
  await db.transaction(async (trx) => {
    await trx.raw("set local session_replication_role = replica");
    await trx.raw(walletsOf(growth), [growth.projectId]);
    await trx.raw(lotsOf(growth));
    await trx.raw(holds);
    await trx.raw(transfersOf(growth));
    await trx.raw(endedHolds);
  });
}

/** Neither the grants nor the hold and its capture. */
const spendsOf = (growth: Growth) => growth.transfersPerWallet - lotsPerWallet - 2;

const walletsOf = (growth: Growth) => `
insert into wallets (id, project_id, customer_id, available, held, seq)
select gen_random_uuid(), ?, 'grown_' || n, ${lotsPerWallet} * ${grantedPerLot} - ${spendsOf(growth)} - 10, 9, ${growth.transfersPerWallet}
from generate_series(1, ${growth.wallets}) n`;

const lotsOf = (growth: Growth) => `
insert into lots (project_id, wallet_id, lot_no, source, granted, remaining, held, priority)
select project_id, id, n, 'promotion', ${grantedPerLot},
  ${grantedPerLot} - case n when 1 then ${spendsOf(growth)} when ${lotsPerWallet} then 1 else 0 end, case n when ${lotsPerWallet} then 9 else 0 end, 100
from wallets, generate_series(1, ${lotsPerWallet}) n where customer_id like 'grown%'`;

const holds = `
insert into holds (project_id, wallet_id, id, amount, placed, captured, over_capture, rate_card_version, expires_at)
select project_id, id, gen_random_uuid(), 10, 10, 1, 'reject', 1, now() + interval '1 year'
from wallets where customer_id like 'grown%'`;

const endedHolds = `
insert into holds (project_id, wallet_id, id, amount, placed, released, over_capture, rate_card_version, expires_at,
  ended_at, ended_as)
select project_id, id, gen_random_uuid(), 10, 10, 10, 'reject', 1, now(), now(), 'released'
from wallets, generate_series(1, 10) where customer_id like 'grown%'`;

const transfersOf = (growth: Growth) => `
insert into transfers (project_id, wallet_id, seq, amount, available_after, held_after, debt_after,
  cause_id, cause, kind, debit_account, credit_account, lot_no, hold_id, leg)
select h.project_id, h.wallet_id, n, case step when 'promotion' then ${grantedPerLot} when 'hold' then 10 else 1 end,
  least(n, ${lotsPerWallet}) * ${grantedPerLot} - greatest(least(n - ${lotsPerWallet}, ${spendsOf(growth)}), 0) - case when n > ${growth.transfersPerWallet} - 2 then 10 else 0 end,
  case step when 'hold' then 10 when 'capture' then 9 else 0 end, 0,
  case step when 'hold' then h.id else gen_random_uuid() end,
  (case step when 'promotion' then 'operator' when 'hold' then 'hold' else 'usage' end)::transfer_cause,
  step::transfer_kind,
  (case step when 'promotion' then 'promotion' when 'capture' then 'held' else 'available' end)::ledger_account,
  (case step when 'promotion' then 'available' when 'hold' then 'held' else 'revenue' end)::ledger_account,
  case when step = 'spend' then 1 else least(n, ${lotsPerWallet}) end,
  case when step in ('hold', 'capture') then h.id end, 0
from holds h, generate_series(1, ${growth.transfersPerWallet}) n, lateral (
  select case when n <= ${lotsPerWallet} then 'promotion' when n <= ${lotsPerWallet} + ${spendsOf(growth)} then 'spend'
    when n = ${growth.transfersPerWallet} - 1 then 'hold' else 'capture' end as step
) s`;

/** Some of the grown wallets, each with its open hold. */
export async function grownWallets(
  db: Database,
  count: number,
): Promise<readonly { readonly walletId: WalletId; readonly holdId: HoldId }[]> {
  return db("holds")
    .select({ walletId: "wallet_id", holdId: "id" })
    .whereNull("ended_at")
    .orderBy("id")
    .limit(count);
}

export interface Reading {
  /** How often a table of the ledger was read from end to end. */
  readonly fullReads: number;
  /** How many rows were fetched from each, by index or not. */
  readonly rows: Readonly<Record<string, number>>;
}

/** What the work reads, by the server's own count, the trigger's statements included. */
export async function readingOf(
  db: Database,
  work: (trx: Trx) => Promise<unknown>,
): Promise<Reading> {
  return db.transaction(async (trx) => {
    const before = await counters(trx);
    await work(trx);
    const after = await counters(trx);
    const growth = (table: string, count: "full" | "rows") =>
      Number((after.get(table)?.[count] ?? 0n) - (before.get(table)?.[count] ?? 0n));
    const tables = ["wallets", "lots", "holds", "transfers"];
    return {
      fullReads: tables.reduce((sum, table) => sum + growth(table, "full"), 0),
      rows: Object.fromEntries(tables.map((table) => [table, growth(table, "rows")])),
    };
  });
}

type Counters = ReadonlyMap<string, { readonly full: bigint; readonly rows: bigint }>;

async function counters(trx: Trx): Promise<Counters> {
  const { rows } = await trx.raw<{
    rows: { table: string; full: bigint; rows: bigint }[];
  }>(
    `select relname::text as table, seq_scan as full, seq_tup_read + coalesce(idx_tup_fetch, 0) as rows
     from pg_stat_xact_user_tables where schemaname = 'public'`,
  );
  return new Map(rows.map(({ table, ...counts }) => [table, counts]));
}
