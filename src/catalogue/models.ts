import type { Credits } from "../kernel/credits.js";
import type { CreditPackId, ProjectId } from "../kernel/ids.js";
import { Row } from "../platform/db/row.js";

export class CreditPackRow extends Row {
  static override readonly tableName = "credit_packs";
  declare readonly id: CreditPackId;
  declare readonly projectId: ProjectId;
  declare readonly code: string;
  declare readonly version: number;
  declare readonly name: string;
  declare readonly credits: Credits;
  declare readonly bonusCredits: Credits;
  declare readonly amountMinor: bigint;
  declare readonly currency: string;
  declare readonly validityDays: number | null;
  declare readonly onSale: boolean;
  declare readonly createdAt: Date;
}
