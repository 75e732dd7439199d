import type { ApiKeyId, Id, ProjectId, WalletId } from "../kernel/ids.js";
import { Row } from "../platform/db/row.js";
import type { KeyKind, ProjectMode } from "./rules.js";

export class ProjectRow extends Row {
  static override readonly tableName = "projects";
  declare readonly id: ProjectId;
  declare readonly name: string;
  declare readonly mode: ProjectMode;
  declare readonly allowedOrigins: string[];
  declare readonly createdAt: Date;
  declare readonly pausedAt: Date | null;
  declare readonly pausedBecause: string | null;
}

export class ApiKeyRow extends Row {
  static override readonly tableName = "api_keys";
  declare readonly id: ApiKeyId;
  declare readonly projectId: ProjectId;
  declare readonly kind: KeyKind;
  /** The one wallet of an agent's token. */
  declare readonly walletId: WalletId | null;
  /** The key that made an agent's token; `null` when an operator did. */
  declare readonly madeBy: ApiKeyId | null;
  /** `null` for secret keys, which are not restricted to any. */
  declare readonly tools: string[] | null;
  /** `null` for secret keys, which do not expire. */
  declare readonly expiresAt: Date | null;
  declare readonly name: string;
  declare readonly hint: string;
  declare readonly hash: Buffer;
  declare readonly hashKeyId: string;
  declare readonly scopes: string[];
  declare readonly createdAt: Date;
  declare readonly lastUsedAt: Date | null;
  declare readonly revokedAt: Date | null;
}

/** How a project reaches Stripe. The secret key is ciphertext; see the vault. */
export class StripeConnectionRow extends Row {
  static override readonly tableName = "stripe_connections";
  declare readonly id: Id<"stripeConnection">;
  declare readonly projectId: ProjectId;
  declare readonly livemode: boolean;
  declare readonly accountId: string;
  declare readonly connectedAccount: string | null;
  declare readonly secretCiphertext: Buffer;
  declare readonly secretHint: string;
  declare readonly endpointId: string | null;
  declare readonly createdAt: Date;
  declare readonly updatedAt: Date;
}

/** One signing secret of a webhook endpoint. Several are valid while secrets rotate. */
export class WebhookSecretRow extends Row {
  static override readonly tableName = "stripe_webhook_secrets";
  declare readonly id: string;
  declare readonly projectId: ProjectId;
  declare readonly ciphertext: Buffer;
  declare readonly hint: string;
  declare readonly createdAt: Date;
  declare readonly retiresAt: Date | null;
}
