import { Refusal } from "../kernel/refusals.js";
import type { Wallet } from "../ledger/read-wallet.js";
import { readWalletLink } from "../wallets/read-wallet-link.js";
import type { StorefrontContext } from "./context.js";

/** The wallet behind a signed link. Refuses every other token with `unauthenticated`, whatever is wrong with it. */
export async function openLink(
  ctx: Pick<StorefrontContext, "db" | "vault" | "clock">,
  token: string,
): Promise<Wallet> {
  const wallet = await readWalletLink(ctx, token);
  if (wallet !== undefined) return wallet;
  throw new Refusal("unauthenticated", {
    detail: "This wallet link is not valid, or it has expired. Ask for a new one.",
  });
}
