import type { ProjectId } from "../../src/kernel/ids.js";
import type { Database, Trx } from "../../src/platform/db/connect.js";

const eventsPerBatch = 50;

/**
 * Applied usage of a project by plain SQL with the triggers off: one wallet for each batch in turn, one transfer for
 * each event, and every tenth event rejected.
 */
export async function growUsage(
  db: Database,
  growth: { readonly projectId: ProjectId; readonly wallets: number; readonly batches: number },
): Promise<void> {
  const { projectId, wallets, batches } = growth;
  await db.transaction(async (trx) => {
    await trx.raw("set local session_replication_role = replica");
    await trx.raw(
      `create temporary table grown on commit drop as
       select n, lpad(to_hex(1700000000000 + n * 1000), 12, '0') || '70008000' || substr(md5(?::text || n), 1, 8) as stem,
         n % ? as wallet from generate_series(1, ?) n`,
      [projectId, wallets, batches],
    );
    await trx.raw(
      `insert into wallets (id, project_id, customer_id, seq)
       select md5(?::text || 'w' || n)::uuid, ?, 'grown_' || n, 1000000 from generate_series(0, ? - 1) n`,
      [projectId, projectId, wallets],
    );
    await trx.raw(
      `insert into usage_batches (project_id, id, last_id, lane, events, accepted_at, applied_at)
       select ?, (stem || '0000')::uuid, (stem || lpad(to_hex(${eventsPerBatch}), 4, '0'))::uuid, n % 4, ${eventsPerBatch}, now(), now()
       from grown`,
      [projectId],
    );
    await trx.raw(
      `insert into usage_events (project_id, id, wallet_id, key, event, credits, own_price, rate_card_version)
       select ?, (stem || lpad(to_hex(k), 4, '0'))::uuid, md5(?::text || 'w' || wallet)::uuid, 'grown-' || n || '-' || k,
         'chat.reply', 1, false, 1
       from grown, generate_series(1, ${eventsPerBatch}) k`,
      [projectId, projectId],
    );
    await trx.raw(
      `insert into usage_outcomes (project_id, wallet_id, event_id, outcome, reason, required, taken)
       select project_id, wallet_id, id, 'rejected', 'insufficient_credits', 1, 0 from usage_events
       where project_id = ? and right(id::text, 1) = 'a'`,
      [projectId],
    );
    await trx.raw(
      `insert into transfers (project_id, wallet_id, seq, amount, available_after, held_after, debt_after, cause_id,
         cause, kind, debit_account, credit_account, lot_no, leg)
       select project_id, wallet_id, row_number() over (partition by wallet_id order by id), 1, 0, 0, 0, id,
         'usage', 'spend', 'available', 'revenue', 1, 0
       from usage_events e where project_id = ?
         and not exists (select from usage_outcomes o where o.event_id = e.id)`,
      [projectId],
    );
  });
}

const tables = ["usage_events", "usage_batches", "usage_outcomes", "transfers", "wallets"];

/** How often a table was read from end to end, and how many rows were fetched of each, by the server's own count. */
export async function readingOf(db: Database, work: (trx: Trx) => Promise<unknown>) {
  return db.transaction(async (trx) => {
    const before = await counters(trx);
    await work(trx);
    const after = await counters(trx);
    const grown = (table: string, count: "full" | "rows") =>
      Number(after.get(table)?.[count] ?? 0) - Number(before.get(table)?.[count] ?? 0);
    return {
      fullReads: tables.filter((table) => grown(table, "full") > 0),
      rows: Object.fromEntries(tables.map((table) => [table, grown(table, "rows")])),
    };
  });
}

async function counters(trx: Trx) {
  const { rows } = await trx.raw<{ rows: { table: string; full: bigint; rows: bigint }[] }>(
    `select relname::text as table, seq_scan as full, seq_tup_read + coalesce(idx_tup_fetch, 0) as rows
     from pg_stat_xact_user_tables where schemaname = 'public'`,
  );
  return new Map(rows.map(({ table, ...counts }) => [table, counts]));
}
