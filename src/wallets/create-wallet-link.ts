import { assert } from "../kernel/assert.js";
import type { Wallet } from "../ledger/read-wallet.js";
import type { Context } from "../platform/context.js";
import { formatLinkToken, linkTtlSecondsMax, signedText } from "./links.js";

export interface WalletLink {
  /** Whoever has it sees the wallet, so it is never logged and never stored. */
  readonly token: string;
  /** The wallet page, with the token in it. */
  readonly url: string;
  readonly expiresAt: Date;
}

/**
 * A link to the page of one wallet, for its owner's browser. It is signed and kept nowhere, so it cannot be taken
 * back before it expires: keep `ttlSeconds` short, at most a day.
 */
export function createWalletLink(
  ctx: Pick<Context, "vault" | "clock" | "publicUrl">,
  wallet: Pick<Wallet, "id">,
  ttlSeconds: number,
): WalletLink {
  assert(
    Number.isInteger(ttlSeconds) && ttlSeconds > 0 && ttlSeconds <= linkTtlSecondsMax,
    `a wallet link lives 1 to ${linkTtlSecondsMax} seconds`,
  );
  const expiresAtSeconds = Math.floor(ctx.clock.nowMs() / 1_000) + ttlSeconds;
  const claim = { walletId: wallet.id, expiresAtSeconds };
  const token = formatLinkToken({ claim, mac: ctx.vault.sign(signedText(claim)) });
  const url = `${ctx.publicUrl}/wallet/${token}`;
  return { token, url, expiresAt: new Date(expiresAtSeconds * 1_000) };
}
