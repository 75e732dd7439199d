import { timingSafeEqual } from "node:crypto";
import { parsePublicId, publicId, type WalletId } from "../kernel/ids.js";

export const linkTtlSecondsDefault = 3_600;
export const linkTtlSecondsMin = 60;
export const linkTtlSecondsMax = 86_400;

/** What a link claims: this wallet may be seen until then. */
export interface LinkClaim {
  readonly walletId: WalletId;
  /** Seconds since 1970-01-01 UTC. */
  readonly expiresAtSeconds: number;
}

export interface SignedClaim {
  readonly claim: LinkClaim;
  readonly mac: Buffer;
}

/** The text under the MAC. It names its purpose, so that no other signature of ours passes for a link. */
export function signedText({ walletId, expiresAtSeconds }: LinkClaim): string {
  return `wallet-link.v1.${publicId("wallet", walletId)}.${expiresAtSeconds}`;
}

/** `wal_….<expiry>.<MAC in base64url>`: safe in a URL as it is. */
export function formatLinkToken({ claim, mac }: SignedClaim): string {
  const { walletId, expiresAtSeconds } = claim;
  return `${publicId("wallet", walletId)}.${expiresAtSeconds}.${mac.toString("base64url")}`;
}

const token = /^(wal_[0-9a-z]{26})\.([1-9]\d{0,11})\.([A-Za-z0-9_-]{43})$/;

/** What a token claims and its MAC, unchecked; `undefined` for text that {@link formatLinkToken} does not write. */
export function parseLinkToken(text: string): SignedClaim | undefined {
  const [, wallet = "", expiry = "", code = ""] = token.exec(text) ?? [];
  const walletId = parsePublicId("wallet", wallet);
  if (walletId === undefined) return undefined;
  const signed = {
    claim: { walletId, expiresAtSeconds: Number(expiry) },
    mac: Buffer.from(code, "base64url"),
  };
  return formatLinkToken(signed) === text ? signed : undefined;
}

/** Whether one of the MACs that we would write is the one that came. Takes the same time for every wrong one. */
export function isSignedBy(mac: Buffer, ours: readonly Buffer[]): boolean {
  return ours.filter((own) => own.length === mac.length && timingSafeEqual(own, mac)).length > 0;
}
