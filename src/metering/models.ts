import type { Credits } from "../kernel/credits.js";
import type {
  ApiKeyId,
  HoldId,
  ProjectId,
  QuoteId,
  UsageEventId,
  WalletId,
} from "../kernel/ids.js";
import type { RefusalCode } from "../kernel/refusals.js";
import { Row } from "../platform/db/row.js";

/** What was used, as it was accepted. Never changed. */
export class UsageEventRow extends Row {
  static override readonly tableName = "usage_events";
  static override readonly idColumn = ["id", "wallet_id"];
  declare readonly projectId: ProjectId;
  declare readonly id: UsageEventId;
  declare readonly walletId: WalletId;
  declare readonly key: string;
  declare readonly event: string;
  declare readonly model: string | null;
  declare readonly credits: Credits | null;
  declare readonly refusal: RefusalCode | null;
  declare readonly ownPrice: boolean;
  declare readonly rateCardVersion: number;
  declare readonly quantity: number | string | null;
  declare readonly properties: Readonly<Record<string, number | string>> | null;
  declare readonly metadata: Readonly<Record<string, unknown>> | null;
  declare readonly occurredAt: Date | null;
  declare readonly holdId: HoldId | null;
  declare readonly quoteId: QuoteId | null;
  declare readonly apiKeyId: ApiKeyId | null;
  declare readonly requestId: string | null;
}
