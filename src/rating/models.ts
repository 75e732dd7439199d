import type { Credits } from "../kernel/credits.js";
import type { ProjectId, QuoteId, RateCardId, WalletId } from "../kernel/ids.js";
import { Row } from "../platform/db/row.js";

export class RateCardRow extends Row {
  static override readonly tableName = "rate_cards";
  declare readonly id: RateCardId;
  declare readonly projectId: ProjectId;
  declare readonly version: number;
  /** Checked by the schema when it is read. */
  declare readonly terms: unknown;
  declare readonly createdAt: Date;
}

export class QuoteRow extends Row {
  static override readonly tableName = "quotes";
  static override readonly idColumn = ["wallet_id", "id"];
  declare readonly id: QuoteId;
  declare readonly projectId: ProjectId;
  declare readonly walletId: WalletId;
  declare readonly event: string;
  declare readonly rateCardVersion: number;
  declare readonly credits: Credits;
  declare readonly expiresAt: Date;
  /** The hold or usage event. */
  declare readonly redeemedBy: string | null;
}
