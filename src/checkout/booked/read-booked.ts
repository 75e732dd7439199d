import type { ProjectId } from "../../kernel/ids.js";
import type { Database, Trx } from "../../platform/db/connect.js";
import {
  type BookedPurchase,
  type BookedQuestion,
  selectBooked,
  selectOldestPurchase,
} from "./store.js";

export type { BookedPurchase, BookedQuestion } from "./store.js";

/** Every purchase of a Stripe account that goes by one of these names, whichever project sold it. */
export function readBooked(
  db: Database | Trx,
  question: BookedQuestion,
): Promise<readonly BookedPurchase[]> {
  return selectBooked(db, question);
}

/** When a project made its first purchase in an account, or null when it never did. */
export function readOldestPurchase(
  db: Database | Trx,
  projectId: ProjectId,
  accountId: string,
): Promise<Date | null> {
  return selectOldestPurchase(db, projectId, accountId);
}
