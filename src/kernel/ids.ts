import { TypeID } from "typeid-js";
import { assert } from "./assert.js";

/**
 * Inside Chargly an id is a UUIDv7; outside (HTTP, CLI, Stripe metadata, logs) it is the same value as a
 * TypeID, `prefix_` and 26 base32 letters, so that a person sees at once what an id names.
 */
export const idPrefixes = {
  project: "prj",
  apiKey: "key",
  wallet: "wal",
  creditPack: "pack",
  purchase: "pur",
  stripeConnection: "sc",
  stripeEvent: "sev",
  adjustment: "adj",
  auditEntry: "aud",
  walletLink: "wlk",
  rateCard: "rate",
  quote: "quo",
  usageBatch: "ubat",
  usageEvent: "use",
  hold: "hold",
  capture: "cap",
  reversal: "rev",
  refund: "ref",
  reconciliationRun: "recon",
  discrepancy: "disc",
  grantPreview: "gpv",
} as const;

export type IdKind = keyof typeof idPrefixes;
export type Id<K extends IdKind> = string & { readonly idOf: K };

export type ProjectId = Id<"project">;
export type ApiKeyId = Id<"apiKey">;
export type WalletId = Id<"wallet">;
export type CreditPackId = Id<"creditPack">;
export type PurchaseId = Id<"purchase">;
export type RateCardId = Id<"rateCard">;
export type QuoteId = Id<"quote">;
export type UsageBatchId = Id<"usageBatch">;
export type UsageEventId = Id<"usageEvent">;
export type HoldId = Id<"hold">;
export type CaptureId = Id<"capture">;
export type ReversalId = Id<"reversal">;
export type GrantPreviewId = Id<"grantPreview">;

const uuid = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** A new time-ordered id. The kind is only a type: the value is a plain UUIDv7. */
export function newId<K extends IdKind>(kind: K): Id<K> {
  return new TypeID(idPrefixes[kind]).toUUID() as Id<K>;
}

/** The public form: `publicId("purchase", id)` is `pur_01jd…`. The id must be a UUID in lower case. */
export function publicId<K extends IdKind>(kind: K, id: Id<K>): string {
  assert(uuid.test(id), "an id is a UUID"); // typeid-js would make some other id of it
  return TypeID.fromUUID(idPrefixes[kind], id).toString();
}

/** Reads a public id back, or `undefined` when it is malformed or names another kind of thing. */
export function parsePublicId<K extends IdKind>(kind: K, text: unknown): Id<K> | undefined {
  if (typeof text !== "string" || text.length > 64) return undefined;
  try {
    return TypeID.fromString(text, idPrefixes[kind]).toUUID() as Id<K>;
  } catch {
    return undefined; // typeid-js reports every malformed id by throwing
  }
}
