import type { ProjectId } from "../kernel/ids.js";
import {
  acceptBreaks,
  brokenOf,
  type CheckedInvariant,
  checkInvariants,
} from "../ledger/check-invariants.js";
import { readProject } from "../tenancy/read-project.js";
import { resumeProject } from "../tenancy/resume-project.js";
import type { BooksContext } from "./context.js";

export interface ResumeOrder {
  readonly projectId: ProjectId;
  /** Lets it go on although something is broken, and remembers that this is known; `null` not to. */
  readonly forceBecause: string | null;
}

export type Resumed =
  /** It was not paused: nothing was done. */
  | { readonly status: "running" }
  | { readonly status: "resumed"; readonly accepted: readonly CheckedInvariant[] }
  /** Something is still broken: it stays paused. */
  | { readonly status: "broken"; readonly broken: readonly CheckedInvariant[] };

/**
 * Lets a paused project go on when every invariant holds in all of its books, or by force. What is broken when it is
 * forced is accepted: it does not pause the project again, anything else does.
 */
export async function resumeWhenSound(
  ctx: BooksContext,
  { projectId, forceBecause }: ResumeOrder,
  actor: string,
): Promise<Resumed> {
  const project = await readProject(ctx, projectId);
  if (project.pausedAt === null) return { status: "running" };
  const { invariants } = ctx;
  const options = { invariants, projectId, withoutAccepted: true };
  const broken = brokenOf(await checkInvariants(ctx.auditDb, options));
  if (broken.length > 0 && forceBecause === null) return { status: "broken", broken };
  if (broken.length > 0 && forceBecause !== null) {
    const names = new Set(broken.map(({ name }) => name));
    const accepted = invariants.filter(({ name }) => names.has(name));
    await ctx.auditDb.transaction((trx) =>
      acceptBreaks(trx, accepted, { projectId, because: forceBecause }),
    );
  }
  await resumeProject(
    ctx,
    { projectId, forcedBecause: broken.length > 0 ? forceBecause : null },
    actor,
  );
  return { status: "resumed", accepted: broken };
}
