import type { Credits } from "../kernel/credits.js";
import type { ProjectId } from "../kernel/ids.js";
import { Refusal } from "../kernel/refusals.js";
import type { Trx } from "../platform/db/connect.js";
import { type AdjustedWallet, adjustWallet, type Previewed } from "./adjust-wallet.js";

export interface CreditGrant {
  readonly projectId: ProjectId;
  readonly customerId: string;
  /** More than nothing. */
  readonly credits: Credits;
  /** For people: why they are given. */
  readonly reason: string;
  readonly expiresInDays?: number | null | undefined;
  /** 0 to 1,000; lower burns first, 100 unless told. */
  readonly priority?: number | undefined;
  /** What was shown of it before; then its lot expires as shown, and `expiresInDays` says nothing. */
  readonly previewed?: Previewed | undefined;
}

/**
 * Gives credits for nothing, as a lot of their own.
 *
 * @param actor `key_…`, `cli:<user>` or `environment`; see the audit log
 * @throws Refusal `invalid_request`, or `balance_limit` when the wallet would reach 1,000,000,000 credits
 */
export async function grantCredits(
  trx: Trx,
  { expiresInDays = null, ...grant }: CreditGrant,
  actor: string,
): Promise<AdjustedWallet> {
  if (grant.credits <= 0n)
    throw new Refusal("invalid_request", {
      param: "credits",
      detail: "Grant more than 0 credits. To take some away, correct the wallet.",
    });
  return adjustWallet(trx, { ...grant, kind: "grant", expiresInDays }, actor);
}
