import type { Credits } from "../kernel/credits.js";
import type { ProjectId } from "../kernel/ids.js";
import type { Trx } from "../platform/db/connect.js";
import { type AdjustedWallet, adjustWallet } from "./adjust-wallet.js";

export interface CreditCorrection {
  readonly projectId: ProjectId;
  readonly customerId: string;
  /** In for positive, out for negative; never nothing. */
  readonly credits: Credits;
  /** For people: what was wrong. */
  readonly reason: string;
}

/**
 * Puts a wallet right by hand. What goes out is taken from the lots in burn order, and never below zero.
 *
 * @param actor `key_…`, `cli:<user>` or `environment`; see the audit log
 * @throws Refusal `invalid_request`, `balance_limit`, or `insufficient_credits` with `available` and `shortBy`
 */
export async function correctCredits(
  trx: Trx,
  correction: CreditCorrection,
  actor: string,
): Promise<AdjustedWallet> {
  return adjustWallet(trx, { ...correction, kind: "correction", expiresInDays: null }, actor);
}
