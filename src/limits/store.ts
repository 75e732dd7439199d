import { present } from "../kernel/assert.js";
import type { ApiKeyId, ProjectId, WalletId } from "../kernel/ids.js";
import { toBudget } from "../ledger/decide-budget.js";
import type { SpendWindows } from "../ledger/decide-limits.js";
import type { Wallet } from "../ledger/read-wallet.js";
import type { Database, Trx } from "../platform/db/connect.js";
import type { KeyKind } from "../tenancy/rules.js";
import { SpendLimitRow } from "./models.js";
import type { Limits, TokenBudgetOrder, TokenWindows } from "./rules.js";

/** Whose limits they are. */
export type Subject =
  | { readonly type: "wallet"; readonly id: WalletId; readonly projectId: ProjectId }
  | { readonly type: "apiKey"; readonly id: ApiKeyId; readonly projectId: ProjectId };

/** What the lock itself reads of a wallet. */
export type ControlledWallet = Pick<Wallet, "id" | "frozenAt" | "frozenBecause">;

/** The lock that the ledger takes before it reads a wallet: who has it knows that no spend is under way. */
export async function lockWallet(
  trx: Trx,
  projectId: ProjectId,
  customerId: string,
): Promise<ControlledWallet | undefined> {
  const { rows } = await trx.raw<{ rows: ControlledWallet[] }>(
    `select id, frozen_at as "frozenAt", frozen_because as "frozenBecause"
     from wallets where project_id = ? and customer_id = ? for no key update`,
    [projectId, customerId],
  );
  return rows[0];
}

/** So that two who set limits of one key come one after the other, and no token is made with it. Spends do not take this lock. */
export async function lockApiKey(
  trx: Trx,
  projectId: ProjectId,
  id: ApiKeyId,
): Promise<{ readonly kind: KeyKind } | undefined> {
  const { rows } = await trx.raw<{ rows: { kind: KeyKind }[] }>(
    "select kind from api_keys where project_id = ? and id = ? for no key update",
    [projectId, id],
  );
  return rows[0];
}

export async function hasApiKey(
  db: Database,
  projectId: ProjectId,
  id: ApiKeyId,
): Promise<boolean> {
  const { rows } = await db.raw<{ rows: unknown[] }>(
    "select id from api_keys where project_id = ? and id = ?",
    [projectId, id],
  );
  return rows.length > 0;
}

/** @param reason `null` unfreezes */
export async function updateFrozen(trx: Trx, id: WalletId, reason: string | null): Promise<void> {
  await trx.raw(
    `update wallets set frozen_because = ?, frozen_at = case when ?::text is null then null else clock_timestamp() end
     where id = ?`,
    [reason, reason, id],
  );
}

/** The row that spends lock and count in; `undefined` without limits. */
export async function lockLimits(
  trx: Trx,
  subjectId: Subject["id"],
): Promise<SpendWindows | undefined> {
  const row = await SpendLimitRow.query(trx).findById(subjectId).forNoKeyUpdate();
  return row === undefined ? undefined : toWindows(row);
}

export async function findLimits(
  db: Database | Trx,
  subjectId: Subject["id"],
): Promise<SpendWindows | undefined> {
  const row = await SpendLimitRow.query(db).findById(subjectId);
  return row === undefined ? undefined : toWindows(row);
}

function toWindows(row: SpendLimitRow): SpendWindows {
  return {
    minute: { max: row.minuteMax, spent: row.minuteSpent, startsAt: row.minuteStartsAt },
    day: { max: row.dayMax, spent: row.daySpent, startsAt: row.dayStartsAt },
    month: { max: row.monthMax, spent: row.monthSpent, startsAt: row.monthStartsAt },
    budget: toBudget(row),
  };
}

/** Counting begins now, with nothing. Answers what was written. */
export async function insertLimits(
  trx: Trx,
  { type, id, projectId }: Subject,
  { minute, day, month }: Limits,
): Promise<SpendWindows> {
  const row = await SpendLimitRow.query(trx)
    .insert({
      projectId,
      subjectId: id,
      walletId: type === "wallet" ? id : null,
      apiKeyId: type === "apiKey" ? id : null,
      minuteMax: minute,
      dayMax: day,
      monthMax: month,
    })
    .returning("*");
  return toWindows(row);
}

/** The budget of a token, of which nothing is spent. */
export async function insertBudget(trx: Trx, order: TokenBudgetOrder): Promise<void> {
  const { projectId, keyId, walletId, perCall, perDay, total, endsAt } = order;
  await SpendLimitRow.query(trx).insert({
    projectId,
    subjectId: keyId,
    apiKeyId: keyId,
    onlyWalletId: walletId,
    callMax: perCall,
    dayMax: perDay,
    totalMax: total,
    endsAt,
  });
}

/** Locks the row that spends lock, and answers when the token ends now; `undefined` for what is no token. */
export async function updateTokenEnd(trx: Trx, id: ApiKeyId): Promise<Date | undefined> {
  const { rows } = await trx.raw<{ rows: { endsAt: Date }[] }>(
    `update spend_limits set ends_at = least(ends_at, clock_timestamp())
     where subject_id = ? and only_wallet_id is not null returning ends_at as "endsAt"`,
    [id],
  );
  return rows[0]?.endsAt;
}

/** The limits of tokens; keys that are no tokens are left out. */
export async function selectTokenWindows(
  db: Database | Trx,
  ids: readonly ApiKeyId[],
): Promise<ReadonlyMap<ApiKeyId, TokenWindows>> {
  const rows = await SpendLimitRow.query(db)
    .whereRaw("subject_id = any(?::uuid[])", [`{${ids.join(",")}}`])
    .whereNotNull("only_wallet_id");
  const windows = new Map<ApiKeyId, TokenWindows>();
  for (const row of rows) {
    const { budget, ...periods } = toWindows(row);
    if (row.apiKeyId !== null && budget !== null) windows.set(row.apiKeyId, { ...periods, budget });
  }
  return windows;
}

/** What was counted stays. */
export async function updateLimits(
  trx: Trx,
  id: Subject["id"],
  { minute, day, month }: Limits,
): Promise<void> {
  await SpendLimitRow.query(trx)
    .findById(id)
    .patch({ minuteMax: minute, dayMax: day, monthMax: month });
}

/** Forgets what was counted, too. */
export async function deleteLimits(trx: Trx, id: Subject["id"]): Promise<void> {
  await SpendLimitRow.query(trx).deleteById(id);
}

/** Whether spends look for the wallet's limits. */
export async function updateLimited(trx: Trx, id: WalletId, limited: boolean): Promise<void> {
  await trx.raw("update wallets set limited = ? where id = ? and limited <> ?", [
    limited,
    id,
    limited,
  ]);
}

/** From the next millisecond on, holds that are placed are given back here. */
export async function restartCounting(trx: Trx | Database, id: Subject["id"]): Promise<void> {
  await trx.raw(
    `update spend_limits s set
       minute_starts_at = greatest(s.minute_starts_at, n.at),
       day_starts_at = greatest(s.day_starts_at, n.at),
       month_starts_at = greatest(s.month_starts_at, n.at)
     from (select date_trunc('milliseconds', clock_timestamp()) + interval '1 ms' as at) n
     where s.subject_id = ?`,
    [id],
  );
}

/**
 * The transactions that have locked wallets, or are about to: each holds this lock on the table until it ends.
 * Reading the table, as a backup does, takes another one.
 */
export async function selectSpending(db: Database): Promise<readonly string[]> {
  const { rows } = await db.raw<{ rows: { id: string }[] }>(
    `select virtualtransaction as id from pg_locks
     where locktype = 'relation' and relation = 'wallets'::regclass and mode = 'RowShareLock' and granted
       and database = (select oid from pg_database where datname = current_database())`,
  );
  return rows.map(({ id }) => id);
}

export async function readClock(db: Database | Trx): Promise<Date> {
  const { rows } = await db.raw<{ rows: { now: Date }[] }>("select clock_timestamp() as now");
  return present(rows[0], "a clock has a time").now;
}
