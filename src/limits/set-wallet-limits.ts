import type { ProjectId } from "../kernel/ids.js";
import type { Trx } from "../platform/db/connect.js";
import { changeSpendLimits } from "./change-limits.js";
import { noWallet } from "./no-wallet.js";
import { type Allowances, isUnlimited, type LimitsChange } from "./rules.js";
import { lockWallet, updateLimited } from "./store.js";

/**
 * Limits what a customer's wallet may spend. The wallet is locked meanwhile, so every spend is either over before or
 * counts. A limit below what is spent already only stops further spending.
 *
 * @throws Refusal `not_found` when the customer has no wallet
 */
export async function setWalletLimits(
  trx: Trx,
  owner: { readonly projectId: ProjectId; readonly customerId: string },
  change: LimitsChange,
  actor: string,
): Promise<Allowances> {
  const { projectId, customerId } = owner;
  const wallet = await lockWallet(trx, projectId, customerId);
  if (wallet === undefined) throw noWallet(customerId);
  const subject = { type: "wallet" as const, id: wallet.id, projectId };
  const { allowances, after } = await changeSpendLimits(trx, subject, change, actor);
  await updateLimited(trx, wallet.id, !isUnlimited(after));
  return allowances;
}
