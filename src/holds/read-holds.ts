import type { HoldId, ProjectId } from "../kernel/ids.js";
import type { Page } from "../kernel/page.js";
import { Refusal } from "../kernel/refusals.js";
import { approvedOrThrow } from "../kernel/verdict.js";
import {
  type Hold,
  type HoldOfWallet,
  type HoldsAsked,
  readHold,
  readHolds,
} from "../ledger/read-hold.js";
import { readWallet } from "../ledger/read-wallet.js";
import type { Database, Trx } from "../platform/db/connect.js";

/** Refuses with `not_found`, for holds of other projects too. */
export async function findHold(
  db: Database | Trx,
  projectId: ProjectId,
  id: HoldId,
): Promise<HoldOfWallet> {
  const found = await readHold(db, projectId, id);
  if (found !== undefined) return found;
  throw noHold();
}

export function noHold(): Refusal {
  return new Refusal("not_found", { detail: "The project has no hold with this id." });
}

/** A customer's holds, newest first. A customer without a wallet has none. */
export async function listHolds(
  db: Database | Trx,
  projectId: ProjectId,
  customerId: string,
  asked: HoldsAsked,
): Promise<Page<Hold>> {
  const wallet = await readWallet(db, projectId, customerId);
  if (wallet === undefined) return { data: [], hasMore: false, nextCursor: null };
  return approvedOrThrow(await readHolds(db, wallet.id, asked));
}
