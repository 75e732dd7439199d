import type { Credits } from "../kernel/credits.js";
import type { ProjectId, PurchaseId, WalletId } from "../kernel/ids.js";
import { Row } from "../platform/db/row.js";
import type { RefundId } from "./rules.js";

/** A refund that we asked Stripe for. */
export class RefundRow extends Row {
  static override readonly tableName = "refunds";
  static override readonly idColumn = ["id", "wallet_id"];
  declare readonly id: RefundId;
  declare readonly projectId: ProjectId;
  declare readonly walletId: WalletId;
  declare readonly purchaseId: PurchaseId;
  declare readonly accountId: string;
  declare readonly chargeId: string;
  declare readonly amountMinor: bigint;
  declare readonly currency: string;
  declare readonly credits: Credits;
  declare readonly state: "requested" | "accepted" | "failed";
  declare readonly stripeRefundId: string | null;
  declare readonly problem: string | null;
  declare readonly createdAt: Date;
  declare readonly finishedAt: Date | null;
}
