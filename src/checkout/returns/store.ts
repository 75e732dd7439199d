import type { ProjectId, PurchaseId } from "../../kernel/ids.js";
import type { Database, Trx } from "../../platform/db/connect.js";
import { type InsertColumns, insertRows } from "../../platform/db/insert-rows.js";
import type { Purchase } from "../rules.js";
import {
  type DisputeFact,
  disputeTotals,
  type RefundFact,
  type ReturnedMoney,
} from "../decide-reversed.js";

/** The purchase, and the account in which Stripe said so. */
interface Owner extends Pick<Purchase, "projectId" | "accountId" | "livemode"> {
  readonly purchaseId: PurchaseId;
}

interface Owned {
  readonly owner: Owner;
  readonly chargeId: string;
}

type RefundLine = Owned & { readonly refund: RefundFact };
type DisputeLine = Owned & { readonly dispute: DisputeFact };

/** Stripe's words may be longer than a row takes. */
const statusLengthMax = 60;

const ownerColumns: InsertColumns<Owned> = {
  project_id: ["uuid", ({ owner }) => owner.projectId],
  purchase_id: ["uuid", ({ owner }) => owner.purchaseId],
  account_id: ["text", ({ owner }) => owner.accountId],
  livemode: ["boolean", ({ owner }) => owner.livemode],
  charge_id: ["text", ({ chargeId }) => chargeId],
};

const refundColumns: InsertColumns<RefundLine> = {
  refund_id: ["text", ({ refund }) => refund.id],
  ...ownerColumns,
  amount_minor: ["bigint", ({ refund }) => refund.amountMinor],
  currency: ["text", ({ refund }) => refund.currency],
  status: ["text", ({ refund }) => refund.status.slice(0, statusLengthMax)],
  stripe_created_at: ["timestamptz", ({ refund }) => refund.createdAt],
};

const disputeColumns: InsertColumns<DisputeLine> = {
  dispute_id: ["text", ({ dispute }) => dispute.id],
  ...ownerColumns,
  amount_minor: ["bigint", ({ dispute }) => dispute.amountMinor],
  currency: ["text", ({ dispute }) => dispute.currency],
  withdrawn_minor: ["bigint", ({ dispute }) => disputeTotals(dispute)?.withdrawnMinor ?? null],
  reinstated_minor: ["bigint", ({ dispute }) => disputeTotals(dispute)?.reinstatedMinor ?? null],
  status: ["text", ({ dispute }) => dispute.status.slice(0, statusLengthMax)],
  stripe_created_at: ["timestamptz", ({ dispute }) => dispute.createdAt],
};

/**
 * Keeps what Stripe said last of the refunds and disputes of a purchase, one statement for each kind, under the
 * purchase's lock.
 *
 * @returns whether anything was new: then facts that others have read before are older than these
 */
export async function keepReturns(
  trx: Trx,
  owner: Owner,
  { chargeId, refunds, disputes }: ReturnedMoney,
): Promise<boolean> {
  const newRefunds = await insertRows(
    trx,
    "stripe_refunds as kept",
    refundColumns,
    refunds.map((refund) => ({ owner, chargeId, refund })),
    onNews("refund_id", ["amount_minor", "currency", "status"]),
  );
  const newDisputes = await insertRows(
    trx,
    "stripe_disputes as kept",
    disputeColumns,
    disputes.map((dispute) => ({ owner, chargeId, dispute })),
    onNews("dispute_id", [
      "amount_minor",
      "currency",
      "withdrawn_minor",
      "reinstated_minor",
      "status",
    ]),
  );
  return newRefunds.length + newDisputes.length > 0;
}

/** Takes over what may change of a row that is there, and answers the rows that are other than before. */
function onNews(id: string, names: readonly string[]): string {
  const row = (table: string) => `(${names.map((name) => `${table}.${name}`).join(", ")})`;
  return `on conflict (account_id, ${id}) do update
    set ${names.map((name) => `${name} = excluded.${name}`).join(", ")}, updated_at = clock_timestamp()
    where ${row("kept")} is distinct from ${row("excluded")} returning 1`;
}

/** Whether a dispute of the purchase is known, in whatever state. */
export async function hasDisputes(db: Database, purchaseId: PurchaseId): Promise<boolean> {
  const { rows } = await db.raw<{ rows: unknown[] }>(
    "select 1 from stripe_disputes where purchase_id = ? limit 1",
    [purchaseId],
  );
  return rows.length > 0;
}

/** The purchase of a refund or dispute that was seen before. */
export async function findReturnedPurchase(
  db: Database,
  { kind, id }: { readonly kind: "refund" | "dispute"; readonly id: string },
  { projectId, accountId }: Pick<Purchase, "projectId" | "accountId">,
): Promise<PurchaseId | undefined> {
  const { rows } = await db.raw<{ rows: { purchase_id: PurchaseId }[] }>(
    kind === "refund"
      ? "select purchase_id from stripe_refunds where account_id = ? and refund_id = ? and project_id = ?"
      : "select purchase_id from stripe_disputes where account_id = ? and dispute_id = ? and project_id = ?",
    [accountId, id, projectId],
  );
  return rows[0]?.purchase_id;
}

/** A refund or dispute as it was seen last. */
export interface KeptReturn {
  readonly kind: "refund" | "dispute";
  /** `re_…` or `du_…` */
  readonly id: string;
  readonly status: string;
  readonly amountMinor: bigint;
  readonly currency: string;
  /** What a dispute withholds now; `null` for refunds, and when its movements do not add up. */
  readonly withheldMinor: bigint | null;
  readonly createdAt: Date;
}

export async function selectReturns(
  db: Database,
  projectId: ProjectId,
  purchaseId: PurchaseId,
  limit: number,
): Promise<readonly KeptReturn[]> {
  const { rows } = await db.raw<{ rows: KeptReturn[] }>(
    `select 'refund' as kind, refund_id as id, status, amount_minor as "amountMinor", currency,
            null::bigint as "withheldMinor", stripe_created_at as "createdAt"
     from stripe_refunds where project_id = ? and purchase_id = ?
     union all
     select 'dispute', dispute_id, status, amount_minor, currency,
            withdrawn_minor - reinstated_minor, stripe_created_at
     from stripe_disputes where project_id = ? and purchase_id = ?
     order by "createdAt", id limit ?`,
    [projectId, purchaseId, projectId, purchaseId, limit],
  );
  return rows;
}
