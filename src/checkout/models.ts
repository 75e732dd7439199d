import type { Credits } from "../kernel/credits.js";
import type { CreditPackId, ProjectId, PurchaseId, WalletId } from "../kernel/ids.js";
import { Row } from "../platform/db/row.js";
import type { PurchaseState } from "./rules.js";

export class PurchaseRow extends Row {
  static override readonly tableName = "purchases";
  declare readonly id: PurchaseId;
  declare readonly projectId: ProjectId;
  declare readonly walletId: WalletId;
  declare readonly creditPackId: CreditPackId;
  declare readonly packName: string;
  declare readonly credits: Credits;
  declare readonly amountMinor: bigint;
  declare readonly currency: string;
  declare readonly validityDays: number | null;
  declare readonly allowPromotionCodes: boolean;
  declare readonly successUrl: string | null;
  declare readonly cancelUrl: string | null;
  declare readonly accountId: string;
  declare readonly livemode: boolean;
  declare readonly state: PurchaseState;
  declare readonly checkoutSessionId: string | null;
  declare readonly checkoutUrl: string | null;
  declare readonly paymentIntentId: string | null;
  declare readonly chargeId: string | null;
  declare readonly problem: string | null;
  declare readonly quarantinedAt: Date | null;
  declare readonly granted: Credits;
  declare readonly reversed: Credits;
  declare readonly reversals: number;
  declare readonly disputed: boolean;
  declare readonly revision: bigint;
  declare readonly nextCheckAt: Date | null;
  declare readonly checks: number;
  declare readonly paidAt: Date | null;
  declare readonly createdAt: Date;
  declare readonly updatedAt: Date;
}

/** The one Stripe customer of a wallet in one account. */
export class StripeCustomerRow extends Row {
  static override readonly tableName = "stripe_customers";
  static override readonly idColumn = ["wallet_id", "account_id"];
  declare readonly projectId: ProjectId;
  declare readonly walletId: WalletId;
  declare readonly accountId: string;
  declare readonly stripeCustomerId: string;
}
