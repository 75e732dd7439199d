import type { WalletId } from "../kernel/ids.js";
import { Refusal, type RefusalCode } from "../kernel/refusals.js";
import { openWallet } from "../ledger/open-wallet.js";
import type { Context } from "../platform/context.js";
import type { Principal } from "../platform/http/principal.js";
import { createWalletLink } from "./create-wallet-link.js";

type LinkContext = Pick<Context, "vault" | "clock" | "publicUrl">;

const topUpSeconds = 3_600;
const missingCredits: ReadonlySet<RefusalCode> = new Set([
  "insufficient_credits",
  "wallet_in_debt",
  "debt_limit",
]);

/** What the wallet page shows and does: whoever gets a link to it can read the statement and buy. */
const pageTools = ["create_checkout", "list_transactions"];

/**
 * Where credits are missing, the way to more of them is part of the answer: `topUp: { url, expiresAt }`. An agent gets it
 * only when its token may do what the page does; another one is told to ask a person.
 */
export function withTopUp(
  ctx: LinkContext,
  principal: Principal,
  walletId: WalletId,
  refusal: Refusal,
): Refusal {
  const { code, details } = refusal;
  if (!missingCredits.has(code)) return refusal;
  if (!maySeePage(principal)) {
    const detail = `${details.detail} Ask a person to buy credits: this token may not link to the wallet page.`;
    return new Refusal(code, { ...details, detail });
  }
  const { url, expiresAt } = createWalletLink(ctx, { id: walletId }, topUpSeconds);
  const topUp = { url, expiresAt: expiresAt.toISOString() };
  return new Refusal(code, { ...details, extra: { ...details.extra, topUp } });
}

function maySeePage(principal: Principal): boolean {
  return principal.kind !== "agent" || pageTools.every((tool) => principal.tools.has(tool));
}

/**
 * Does the work, which commits by itself; when it is refused for want of credits, the refusal says where to buy some.
 * The page needs a wallet, so one is opened then for a customer who has none.
 */
export async function offerTopUp<T>(
  ctx: LinkContext & Pick<Context, "db">,
  { principal, customerId }: { readonly principal: Principal; readonly customerId: string },
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof Refusal) || !missingCredits.has(error.code)) throw error;
    const { id } = await openWallet(ctx.db, principal.projectId, customerId);
    throw withTopUp(ctx, principal, id, error);
  }
}
