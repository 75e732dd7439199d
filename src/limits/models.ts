import type { Credits } from "../kernel/credits.js";
import type { ApiKeyId, ProjectId, WalletId } from "../kernel/ids.js";
import { Row } from "../platform/db/row.js";

/** What a wallet or an API key may spend, and what the ledger has counted of it. */
export class SpendLimitRow extends Row {
  static override readonly tableName = "spend_limits";
  static override readonly idColumn = "subject_id";
  declare readonly projectId: ProjectId;
  declare readonly subjectId: WalletId | ApiKeyId;
  declare readonly walletId: WalletId | null;
  declare readonly apiKeyId: ApiKeyId | null;
  declare readonly minuteMax: Credits | null;
  declare readonly dayMax: Credits | null;
  declare readonly monthMax: Credits | null;
  declare readonly minuteSpent: Credits;
  declare readonly daySpent: Credits;
  declare readonly monthSpent: Credits;
  declare readonly minuteStartsAt: Date;
  declare readonly dayStartsAt: Date;
  declare readonly monthStartsAt: Date;
  declare readonly callMax: Credits | null;
  declare readonly totalMax: Credits | null;
  declare readonly totalSpent: Credits;
  declare readonly onlyWalletId: WalletId | null;
  declare readonly endsAt: Date | null;
}
