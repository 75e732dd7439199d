import { present } from "../kernel/assert.js";
import { type ProjectId, publicId } from "../kernel/ids.js";
import { type Freeze, freezeOf, readWallet, type Wallet } from "../ledger/read-wallet.js";
import type { Trx } from "../platform/db/connect.js";
import { recordAudit } from "../tenancy/record-audit.js";
import { noWallet } from "./no-wallet.js";
import { type ControlledWallet, lockWallet, updateFrozen } from "./store.js";

export const freezeReasonLengthMax = 500;

interface Customer {
  readonly projectId: ProjectId;
  readonly customerId: string;
}

export interface FrozenOrNot {
  readonly wallet: Wallet;
  /** False when it was so before: then nothing was written. */
  readonly changed: boolean;
}

/**
 * Stops all spending and new holds. The wallet is locked meanwhile, so no spend commits after this has. A wallet that
 * is frozen keeps its first reason and time.
 *
 * @throws Refusal `not_found` when the customer has no wallet
 */
export async function freezeWallet(
  trx: Trx,
  { reason, ...customer }: Customer & { readonly reason: string },
  actor: string,
): Promise<FrozenOrNot> {
  const before = await lockOrRefuse(trx, customer);
  const { id } = before;
  const frozen = freezeOf(before);
  if (frozen === null) await updateFrozen(trx, id, reason);
  const wallet = await readBack(trx, customer);
  if (frozen === null)
    await recordAudit(trx, {
      projectId: customer.projectId,
      actor,
      action: "wallet.freeze",
      subject: publicId("wallet", id),
      details: { before: null, after: freezeJson(freezeOf(wallet)) },
    });
  return { wallet, changed: frozen === null };
}

/**
 * Lets it be spent from again. A wallet that is not frozen stays as it is.
 *
 * @throws Refusal `not_found` when the customer has no wallet
 */
export async function unfreezeWallet(
  trx: Trx,
  { reason, ...customer }: Customer & { readonly reason: string | null },
  actor: string,
): Promise<FrozenOrNot> {
  const before = await lockOrRefuse(trx, customer);
  const { id } = before;
  const frozen = freezeOf(before);
  if (frozen !== null) {
    await updateFrozen(trx, id, null);
    await recordAudit(trx, {
      projectId: customer.projectId,
      actor,
      action: "wallet.unfreeze",
      subject: publicId("wallet", id),
      details: { before: freezeJson(frozen), after: null, reason },
    });
  }
  return { wallet: await readBack(trx, customer), changed: frozen !== null };
}

async function lockOrRefuse(
  trx: Trx,
  { projectId, customerId }: Customer,
): Promise<ControlledWallet> {
  const wallet = await lockWallet(trx, projectId, customerId);
  if (wallet === undefined) throw noWallet(customerId);
  return wallet;
}

async function readBack(trx: Trx, { projectId, customerId }: Customer): Promise<Wallet> {
  return present(await readWallet(trx, projectId, customerId), "a locked wallet can be read");
}

function freezeJson(freeze: Freeze | null) {
  return freeze && { since: freeze.since.toISOString(), reason: freeze.reason };
}
