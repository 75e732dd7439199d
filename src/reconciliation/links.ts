import { publicId, type WalletId } from "../kernel/ids.js";
import type { Context } from "../platform/context.js";
import { dashboardLink } from "../platform/stripe-client/dashboard-link.js";
import { createWalletLink } from "../wallets/create-wallet-link.js";
import type { Difference, Discrepancy, Run } from "./rules.js";

/** How to get from a difference to what it is about. */
export interface LinkSetting {
  /** False when payments go to a simulator, which has no dashboard. */
  readonly linksToStripe: boolean;
  readonly publicUrl: string;
  readonly walletUrl: (walletId: WalletId) => string;
}

export interface DifferenceLinks {
  readonly purchase: string | null;
  /** Signed, for an hour: whoever has it sees the wallet. */
  readonly wallet: string | null;
  /** Stripe's dashboard. */
  readonly stripe: string | null;
}

const walletLinkSeconds = 3_600;

export type LinkContext = Pick<Context, "vault" | "clock" | "publicUrl"> & {
  readonly config: { readonly stripe: { readonly apiBase?: unknown } };
};

export function linkSettingOf(ctx: LinkContext): LinkSetting {
  return {
    linksToStripe: ctx.config.stripe.apiBase === undefined,
    publicUrl: ctx.publicUrl,
    walletUrl: (id) => createWalletLink(ctx, { id }, walletLinkSeconds).url,
  };
}

/** @param where the account that the difference was found in; of the ledger's own ring there is none */
export function linksOf(
  found: Pick<Difference, "purchaseId" | "walletId" | "stripeObject">,
  where: Pick<Run | Discrepancy, "accountId" | "livemode">,
  { linksToStripe, publicUrl, walletUrl }: LinkSetting,
): DifferenceLinks {
  const { purchaseId, walletId, stripeObject } = found;
  const { accountId, livemode } = where;
  const isShown = linksToStripe && stripeObject !== null && accountId !== null;
  return {
    purchase:
      purchaseId === null ? null : `${publicUrl}/checkout/${publicId("purchase", purchaseId)}`,
    wallet: walletId === null ? null : walletUrl(walletId),
    stripe: isShown
      ? (dashboardLink({ accountId, livemode: livemode === true }, stripeObject) ?? null)
      : null,
  };
}
