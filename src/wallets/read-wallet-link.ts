import { readWalletAnywhere, type Wallet } from "../ledger/read-wallet.js";
import type { Context } from "../platform/context.js";
import { isSignedBy, parseLinkToken, signedText } from "./links.js";

/**
 * The wallet that a link shows, or `undefined` for every token that is malformed, altered, expired or signed with a
 * master key that is gone; which of these it was is nobody's business.
 */
export async function readWalletLink(
  ctx: Pick<Context, "db" | "vault" | "clock">,
  token: string,
): Promise<Wallet | undefined> {
  const signed = parseLinkToken(token);
  if (signed === undefined) return undefined;
  const { claim, mac } = signed;
  if (!isSignedBy(mac, ctx.vault.signatures(signedText(claim)))) return undefined;
  if (claim.expiresAtSeconds * 1_000 <= ctx.clock.nowMs()) return undefined;
  return readWalletAnywhere(ctx.db, claim.walletId);
}
