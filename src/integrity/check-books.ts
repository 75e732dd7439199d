import type { ProjectId } from "../kernel/ids.js";
import { publicId } from "../kernel/ids.js";
import { brokenOf, type CheckedInvariant, checkInvariants } from "../ledger/check-invariants.js";
import { pauseProject } from "../tenancy/pause-project.js";
import type { IntegrityContext } from "./context.js";
import { type BooksScope, byProject, reasonOf, recentSince } from "./rules.js";
import { selectLookedTo, upsertBooksCheck } from "./store.js";

const timeoutMs = { recent: 60_000, whole: 1_800_000 } as const satisfies Record<
  BooksScope,
  number
>;

export interface BooksChecked {
  readonly checked: readonly CheckedInvariant[];
  /** The projects that this look paused. */
  readonly paused: readonly ProjectId[];
}

/**
 * Asks the books whether every invariant holds, for what changed since the last look or for everything, and pauses the
 * projects in which one does not. A look that is cut off begins again where the last one that ended had begun.
 */
export async function checkBooks(
  ctx: IntegrityContext,
  { scope, signal }: { readonly scope: BooksScope; readonly signal: AbortSignal },
): Promise<BooksChecked> {
  const startedMs = performance.now();
  const lookedTo = await selectLookedTo(ctx.db);
  const checked = await checkInvariants(ctx.auditDb, {
    invariants: ctx.invariants,
    since: scope === "recent" ? recentSince(lookedTo) : undefined,
    withoutAccepted: true,
    timeoutMs: timeoutMs[scope],
    signal,
  });
  const paused = await pauseBroken(ctx, checked);
  for (const { name, offenders } of checked)
    ctx.metrics.set("invariant_offending_rows", { invariant: name, scope }, offenders);
  const seconds = (performance.now() - startedMs) / 1_000;
  const broken = brokenOf(checked).length;
  await upsertBooksCheck(ctx.db, { scope, lookedTo: lookedTo.now, broken, seconds });
  return { checked, paused };
}

/** Pauses every project in which something is broken, and alerts once for each. */
export async function pauseBroken(
  ctx: Pick<IntegrityContext, "db" | "log">,
  checked: readonly CheckedInvariant[],
): Promise<readonly ProjectId[]> {
  const paused: ProjectId[] = [];
  for (const [projectId, broken] of byProject(brokenOf(checked))) {
    const because = reasonOf(broken);
    const isNew = await pauseProject(ctx, projectId, because, "integrity");
    if (isNew) paused.push(projectId);
    const facts = { projectId, because, resume: resumeCommand(projectId) };
    if (isNew)
      ctx.log.error({ ...facts, alert: "project_paused" }, "an invariant is broken: paused");
    else ctx.log.warn(facts, "an invariant is broken in a project that is paused");
  }
  return paused;
}

/** What an operator runs once the books were looked at. */
export function resumeCommand(projectId: ProjectId): string {
  return `chargly projects resume ${publicId("project", projectId)}`;
}
