import type { HoldId, ProjectId, WalletId } from "../../kernel/ids.js";
import type { Database, Trx } from "../../platform/db/connect.js";

export interface DueWallet {
  readonly projectId: ProjectId;
  readonly walletId: WalletId;
}

export interface DueHold extends DueWallet {
  readonly id: HoldId;
}

export interface DueOptions {
  readonly limit: number;
  /** Wallets to leave out. */
  readonly except: readonly WalletId[];
}

/** While a project is paused, time takes nothing from its wallets. */
const notPaused = "project_id <> all (array(select id from projects where paused_at is not null))";

/**
 * Open holds whose time is over, the longest overdue first. `statement_timestamp()`, because `clock_timestamp()` may
 * change from row to row and so could not be looked up in the index.
 */
export async function selectDueHolds(
  db: Database | Trx,
  { limit, except }: DueOptions,
): Promise<readonly DueHold[]> {
  const { rows } = await db.raw<{ rows: DueHold[] }>(
    `select project_id as "projectId", wallet_id as "walletId", id from holds
     where ended_at is null and expires_at <= statement_timestamp() and wallet_id <> all(?::uuid[])
       and ${notPaused}
     order by expires_at limit ?`,
    [`{${except.join(",")}}`, limit],
  );
  return rows;
}

/**
 * Wallets with credits whose time is over and that no hold has taken aside, the longest overdue first. Lots that
 * holds have taken as a whole are passed over before they are counted, so any number of them is in nobody's way.
 */
export async function selectWalletsWithDueLots(
  db: Database | Trx,
  { limit, except }: DueOptions,
): Promise<readonly DueWallet[]> {
  const { rows } = await db.raw<{ rows: DueWallet[] }>(
    `select distinct due.project_id as "projectId", due.wallet_id as "walletId" from (
       select project_id, wallet_id from lots
       where unspent and expires_at <= statement_timestamp() and remaining > held
         and wallet_id <> all(?::uuid[]) and ${notPaused}
       order by expires_at limit ?
     ) due`,
    [`{${except.join(",")}}`, limit],
  );
  return rows;
}
