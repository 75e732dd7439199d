import type { ApiKeyId, HoldId, ProjectId, PurchaseId, WalletId } from "../kernel/ids.js";
import type { Credits } from "../kernel/credits.js";
import { Row } from "../platform/db/row.js";
import type { Cause, OverCapture } from "./decide.js";
import type { LotSource } from "./lots.js";
import type { Account, TransferKind } from "./movements.js";

/** One per project and customer. Its balances are materialised from its transfers by the database. */
export class WalletRow extends Row {
  static override readonly tableName = "wallets";
  declare readonly id: WalletId;
  declare readonly projectId: ProjectId;
  declare readonly customerId: string;
  declare readonly available: Credits;
  declare readonly held: Credits;
  declare readonly debt: Credits;
  declare readonly seq: bigint;
  declare readonly frozenAt: Date | null;
  declare readonly frozenBecause: string | null;
  declare readonly limited: boolean;
  declare readonly createdAt: Date;
}

export class LotRow extends Row {
  static override readonly tableName = "lots";
  static override readonly idColumn = ["wallet_id", "lot_no"];
  declare readonly projectId: ProjectId;
  declare readonly walletId: WalletId;
  declare readonly lotNo: number;
  declare readonly source: LotSource;
  declare readonly purchaseId: PurchaseId | null;
  declare readonly granted: Credits;
  declare readonly remaining: Credits;
  declare readonly held: Credits;
  declare readonly costMinor: bigint | null;
  declare readonly currency: string | null;
  declare readonly priority: number;
  declare readonly expiresAt: Date | null;
  declare readonly createdAt: Date;
}

/** Credits taken aside. What became of them is materialised from its transfers by the database. */
export class HoldRow extends Row {
  static override readonly tableName = "holds";
  static override readonly idColumn = ["id", "wallet_id"];
  declare readonly id: HoldId;
  declare readonly projectId: ProjectId;
  declare readonly walletId: WalletId;
  declare readonly amount: Credits;
  declare readonly captured: Credits;
  declare readonly released: Credits;
  declare readonly overCapture: OverCapture;
  declare readonly rateCardVersion: number;
  declare readonly apiKeyId: ApiKeyId | null;
  declare readonly description: string | null;
  declare readonly createdAt: Date;
  declare readonly expiresAt: Date;
  declare readonly endedAt: Date | null;
  declare readonly endedAs: "captured" | "released" | "expired" | null;
}

/** One immutable movement of one amount from the debit account to the credit account. */
export class TransferRow extends Row {
  static override readonly tableName = "transfers";
  static override readonly idColumn = ["wallet_id", "seq"];
  declare readonly projectId: ProjectId;
  declare readonly walletId: WalletId;
  declare readonly seq: bigint;
  declare readonly amount: Credits;
  declare readonly availableAfter: Credits;
  declare readonly heldAfter: Credits;
  declare readonly debtAfter: Credits;
  declare readonly createdAt: Date;
  declare readonly causeId: string;
  declare readonly cause: Cause["type"];
  declare readonly kind: TransferKind;
  declare readonly debitAccount: Account;
  declare readonly creditAccount: Account;
  declare readonly lotNo: number | null;
  declare readonly holdId: HoldId | null;
  declare readonly leg: number;
  declare readonly memo: string | null;
}
