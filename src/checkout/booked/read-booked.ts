import type { ProjectId } from "../../kernel/ids.js";
import type { Database, Trx } from "../../platform/db/connect.js";
import { refundWithholds } from "../decide-reversed.js";
import {
  type BookedPurchase,
  type BookedQuestion,
  type GrantedPurchase,
  type GrantedQuestion,
  selectBooked,
  selectBookedReturns,
  selectGranted,
  selectOldestPurchase,
} from "./store.js";

export type {
  BookedPurchase,
  BookedQuestion,
  GrantedPurchase,
  GrantedQuestion,
} from "./store.js";

/** Every purchase of a Stripe account that goes by one of these names, whichever project sold it. */
export function readBooked(
  db: Database | Trx,
  question: BookedQuestion,
): Promise<readonly BookedPurchase[]> {
  return selectBooked(db, question);
}

/** Purchases of a project that were granted, in the order in which they were paid. */
export function readGranted(
  db: Database | Trx,
  question: GrantedQuestion,
): Promise<readonly GrantedPurchase[]> {
  return selectGranted(db, question);
}

/** What each of these refunds and disputes withholds as far as our books know, in minor units; unknown ones are left out. */
export async function readBookedReturns(
  db: Database | Trx,
  accountId: string,
  ids: readonly string[],
): Promise<ReadonlyMap<string, bigint>> {
  const kept = ids.length === 0 ? [] : await selectBookedReturns(db, accountId, ids);
  return new Map(
    kept.map((each) => [
      each.id,
      each.kind === "refund" ? refundWithholds(each) : (each.withheldMinor ?? 0n),
    ]),
  );
}

/** When a project made its first purchase in an account, or null when it never did. */
export function readOldestPurchase(
  db: Database | Trx,
  projectId: ProjectId,
  accountId: string,
): Promise<Date | null> {
  return selectOldestPurchase(db, projectId, accountId);
}
