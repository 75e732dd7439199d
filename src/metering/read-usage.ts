import type { Credits } from "../kernel/credits.js";
import { parsePublicId, type ProjectId, publicId } from "../kernel/ids.js";
import { cutPage, decodeCursor, type Page } from "../kernel/page.js";
import { approve, refuse, type Verdict } from "../kernel/verdict.js";
import type { RefusalCode } from "../kernel/refusals.js";
import type { Database, Trx } from "../platform/db/connect.js";
import type { UsageEvent } from "./rules.js";
import { selectUsage, selectUsages, type UsageFilter, type UsageRow } from "./store/usage.js";

export const usageStates = ["accepted", "applied", "rejected", "quarantined"] as const;
/** `accepted` until a worker has applied it; `quarantined` when none could, and a person has to look. */
export type UsageState = (typeof usageStates)[number];

/** An event and what became of it. */
export interface Usage {
  readonly event: UsageEvent;
  readonly customerId: string;
  readonly state: UsageState;
  readonly acceptedAt: Date;
  readonly appliedAt: Date | null;
  /** What was taken for it, from lots, a hold or as debt. */
  readonly taken: Credits;
  /** What could not be taken, by the shortfall policy. */
  readonly shortfall: Credits;
  /** Why it was rejected, and what the wallet had then. */
  readonly rejection: {
    readonly reason: RefusalCode;
    readonly detail: string;
    readonly available: Credits | null;
  } | null;
  /** The numbers of its transfers in the wallet, oldest first. */
  readonly transfers: readonly bigint[];
  /** The balances after its last transfer; `null` when nothing moved. */
  readonly after: {
    readonly available: Credits;
    readonly held: Credits;
    readonly debt: Credits;
  } | null;
}

/** One event, by the caller's own id or by ours. */
export async function readUsage(
  db: Database | Trx,
  projectId: ProjectId,
  id: string,
): Promise<Usage | undefined> {
  const row = await selectUsage(db, projectId, { key: id, id: parsePublicId("usageEvent", id) });
  return row === undefined ? undefined : toUsage(row);
}

/** Events of a project, newest first. */
export async function listUsage(
  db: Database | Trx,
  projectId: ProjectId,
  filter: Omit<UsageFilter, "idBefore" | "limit">,
  { size, cursor }: { readonly size: number; readonly cursor?: string | undefined },
): Promise<Verdict<Page<Usage>>> {
  const idBefore =
    cursor === undefined ? undefined : parsePublicId("usageEvent", decodeCursor(cursor));
  if (cursor !== undefined && idBefore === undefined)
    return refuse("invalid_request", {
      param: "cursor",
      detail:
        "That cursor is not one of ours. Use `nextCursor` of the page before, or leave it out.",
    });
  const rows = await selectUsages(db, projectId, { ...filter, idBefore, limit: size + 1 });
  return approve(cutPage(rows.map(toUsage), size, ({ event }) => publicId("usageEvent", event.id)));
}

function toUsage(row: UsageRow): Usage {
  const { customerId, acceptedAt, appliedAt, quarantinedAt, outcome, taken, seqs } = row;
  const state =
    outcome === "rejected"
      ? "rejected"
      : appliedAt !== null
        ? "applied"
        : quarantinedAt === null
          ? "accepted"
          : "quarantined";
  const priced = row.event.credits;
  return {
    event: row.event,
    customerId,
    state,
    acceptedAt,
    appliedAt,
    taken,
    shortfall: (state === "applied" && priced !== null ? priced - taken : 0n) as Credits,
    rejection:
      outcome === "rejected" && row.reason !== null
        ? { reason: row.reason, detail: row.detail ?? "", available: row.available }
        : null,
    transfers: seqs,
    after: row.after,
  };
}
