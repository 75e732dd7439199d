import { parsePublicId, type ProjectId, publicId, type WalletId } from "../kernel/ids.js";
import { cutPage, decodeCursor, type Page } from "../kernel/page.js";
import { Refusal } from "../kernel/refusals.js";
import type { Database } from "../platform/db/connect.js";
import type {
  Discrepancy,
  DiscrepancyClass,
  DiscrepancyState,
  ReconciliationRunId,
} from "./rules.js";
import { countOpen, selectCustomers, selectDiscrepancies } from "./store/discrepancies.js";

export interface DiscrepanciesQuery {
  /** Over all projects without it. */
  readonly projectId?: ProjectId | undefined;
  readonly states?: readonly DiscrepancyState[] | undefined;
  readonly class?: DiscrepancyClass | undefined;
  /** Found or healed by this run. */
  readonly runId?: ReconciliationRunId | undefined;
  /** 1 to 100. */
  readonly size: number;
  readonly cursor?: string | undefined;
}

/** Differences that were found, the newest first. Throws `invalid_request` for a cursor that is not one of these. */
export async function readDiscrepancies(
  db: Database,
  { size, cursor, ...of }: DiscrepanciesQuery,
): Promise<Page<Discrepancy>> {
  const before = cursor && parsePublicId("discrepancy", decodeCursor(cursor));
  if (cursor !== undefined && before === undefined)
    throw new Refusal("invalid_request", {
      param: "cursor",
      detail: "Send the nextCursor of the page before.",
    });
  const found = await selectDiscrepancies(db, { ...of, before, limit: size + 1 });
  return cutPage(found, size, ({ id }) => publicId("discrepancy", id));
}

/** The customers whose wallets these are about, by the wallet's id. */
export function readCustomersOf(
  db: Database,
  projectId: ProjectId,
  found: readonly Discrepancy[],
): Promise<ReadonlyMap<WalletId, string>> {
  const ids = new Set(found.flatMap(({ walletId }) => walletId ?? []));
  return selectCustomers(db, projectId, [...ids]);
}

/** How many are open, by class; over all projects without one. */
export async function countOpenDiscrepancies(
  db: Database,
  projectId?: ProjectId,
): Promise<Readonly<Partial<Record<DiscrepancyClass, number>>>> {
  const counts = await countOpen(db, projectId);
  return Object.fromEntries(counts.map((each) => [each.class, each.open]));
}
