import { type ProjectId, publicId, type WalletId } from "../kernel/ids.js";

/** `recent`: what changed since the last look. `whole`: every row. */
export type BooksScope = "recent" | "whole";

/** A transaction that took its time is not committed yet when its time is looked at. None lasts for a minute. */
const lateCommitMs = 60_000;
/** Older changes are left to the look at everything. */
const recentMaxMs = 86_400_000;
const firstLookMs = 3_600_000;

/** From when on a look at what changed begins: where the last look of either kind ended, and a little before. */
export function recentSince({
  now,
  recent,
  whole,
}: {
  readonly now: Date;
  readonly recent: Date | null;
  readonly whole: Date | null;
}): Date {
  const lastMs = Math.max(recent?.getTime() ?? 0, whole?.getTime() ?? 0);
  const nowMs = now.getTime();
  const fromMs = lastMs === 0 ? nowMs - firstLookMs : lastMs - lateCommitMs;
  return new Date(Math.max(fromMs, nowMs - recentMaxMs));
}

/** An invariant that is broken, and where. The ledger's answer fits. */
export interface BrokenInvariant {
  readonly name: string;
  readonly rule: string;
  readonly offenders: number;
  readonly examples: readonly {
    readonly projectId: ProjectId;
    readonly walletId: WalletId | null;
    readonly id: string;
    readonly wrong: string;
  }[];
}

/** Which of these are broken in each project, by what was found there. */
export function byProject(
  broken: readonly BrokenInvariant[],
): ReadonlyMap<ProjectId, readonly BrokenInvariant[]> {
  const found = new Map<ProjectId, BrokenInvariant[]>();
  for (const invariant of broken) {
    const projectIds = new Set(invariant.examples.map(({ projectId }) => projectId));
    for (const projectId of projectIds) {
      const examples = invariant.examples.filter((each) => each.projectId === projectId);
      const others = found.get(projectId);
      if (others === undefined) found.set(projectId, [{ ...invariant, examples }]);
      else others.push({ ...invariant, examples });
    }
  }
  return found;
}

/** Why a project is paused, for operators: each invariant with its first offender. */
export function reasonOf(broken: readonly BrokenInvariant[]): string {
  return broken
    .map(({ name, examples }) => {
      const [first] = examples;
      if (first === undefined) return name;
      const wallet =
        first.walletId === null ? "" : `wallet ${publicId("wallet", first.walletId)}, `;
      return `${name} (${wallet}${first.id}: ${first.wrong})`;
    })
    .join("; ");
}
