import type { ProjectId, PurchaseId, WalletId } from "../../kernel/ids.js";
import type { Database, Trx } from "../../platform/db/connect.js";

/** A warning of fraud as Stripe says it now. */
export interface FraudWarning {
  readonly projectId: ProjectId;
  readonly walletId: WalletId;
  readonly purchaseId: PurchaseId;
  readonly accountId: string;
  readonly livemode: boolean;
  /** `issfr_…` */
  readonly id: string;
  readonly fraudType: string;
  readonly actionable: boolean;
  readonly createdAt: Date;
}

/** Stripe's words may be longer than a row takes. */
const fraudTypeLengthMax = 100;
const becauseLengthMax = 500;

/** Keeps a warning, or what changed of it. One that was lifted stays so. */
export async function keepWarning(trx: Trx, warning: FraudWarning): Promise<void> {
  const { projectId, walletId, purchaseId, accountId, livemode } = warning;
  await trx.raw(
    `insert into fraud_warnings (project_id, wallet_id, purchase_id, account_id, livemode, warning_id, fraud_type,
       actionable, stripe_created_at)
     values (?, ?, ?, ?, ?, ?, ?, ?, ?)
     on conflict (account_id, warning_id) do update
     set fraud_type = excluded.fraud_type, actionable = excluded.actionable, updated_at = clock_timestamp()`,
    [
      projectId,
      walletId,
      purchaseId,
      accountId,
      livemode,
      warning.id,
      warning.fraudType.slice(0, fraudTypeLengthMax),
      warning.actionable,
      warning.createdAt,
    ],
  );
}

/** Those of the warnings of an account that were kept. */
export async function selectKept(
  db: Database,
  accountId: string,
  warningIds: readonly string[],
): Promise<ReadonlySet<string>> {
  const { rows } = await db.raw<{ rows: { id: string }[] }>(
    "select warning_id as id from fraud_warnings where account_id = ? and warning_id = any(?)",
    [accountId, [...warningIds]],
  );
  return new Set(rows.map(({ id }) => id));
}

/** Whether a warning of the purchase is in force. */
export async function isWarned(db: Database | Trx, purchaseId: PurchaseId): Promise<boolean> {
  const { rows } = await db.raw<{ rows: unknown[] }>(
    "select 1 from fraud_warnings where purchase_id = ? and lifted_at is null limit 1",
    [purchaseId],
  );
  return rows.length > 0;
}

/** From now on the warnings of the purchase set nothing aside. */
export async function liftWarnings(
  trx: Trx,
  purchaseId: PurchaseId,
  because: string,
): Promise<void> {
  await trx.raw(
    `update fraud_warnings set lifted_at = clock_timestamp(), lifted_because = ?, updated_at = clock_timestamp()
     where purchase_id = ? and lifted_at is null`,
    [because.slice(0, becauseLengthMax), purchaseId],
  );
}
