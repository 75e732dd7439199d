import type { ProjectId, WalletId } from "../kernel/ids.js";
import { Refusal, type RefusalCode } from "../kernel/refusals.js";
import { openWallet } from "../ledger/open-wallet.js";
import type { Context } from "../platform/context.js";
import { createWalletLink } from "./create-wallet-link.js";

type LinkContext = Pick<Context, "vault" | "clock" | "publicUrl">;

const topUpSeconds = 3_600;
const missingCredits: ReadonlySet<RefusalCode> = new Set([
  "insufficient_credits",
  "wallet_in_debt",
  "debt_limit",
]);

/** Where credits are missing, the way to more of them is part of the answer: `topUp: { url, expiresAt }`. */
export function withTopUp(ctx: LinkContext, walletId: WalletId, refusal: Refusal): Refusal {
  const { code, details } = refusal;
  if (!missingCredits.has(code)) return refusal;
  const { url, expiresAt } = createWalletLink(ctx, { id: walletId }, topUpSeconds);
  const topUp = { url, expiresAt: expiresAt.toISOString() };
  return new Refusal(code, { ...details, extra: { ...details.extra, topUp } });
}

/**
 * Does the work, which commits by itself; when it is refused for want of credits, the refusal says where to buy some.
 * The page needs a wallet, so one is opened then for a customer who has none.
 */
export async function offerTopUp<T>(
  ctx: LinkContext & Pick<Context, "db">,
  { projectId, customerId }: { readonly projectId: ProjectId; readonly customerId: string },
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof Refusal) || !missingCredits.has(error.code)) throw error;
    const { id } = await openWallet(ctx.db, projectId, customerId);
    throw withTopUp(ctx, id, error);
  }
}
