import type { ProjectId } from "../kernel/ids.js";
import { type CheckedInvariant, checkInvariants } from "../ledger/check-invariants.js";
import { pauseBroken } from "./check-books.js";
import type { BooksContext, IntegrityContext } from "./context.js";

const timeoutMs = 1_800_000;

export interface ProjectLook {
  readonly projectId: ProjectId;
  /** Names of invariants; all of them unless told. */
  readonly only?: readonly string[];
  /** Only what concerns wallets that were moved since; everything without it. */
  readonly since: Date | undefined;
  /** Pauses the project when something is broken, and alerts. */
  readonly pauses: boolean;
  readonly signal: AbortSignal;
}

/** Asks the books of one project whether invariants hold in them; what an operator accepted as it is counts as holding. */
export async function checkProject(
  ctx: BooksContext & Pick<IntegrityContext, "log">,
  { projectId, only, since, pauses, signal }: ProjectLook,
): Promise<readonly CheckedInvariant[]> {
  const invariants = ctx.invariants.filter(({ name }) => only?.includes(name) ?? true);
  const options = { invariants, projectId, since, withoutAccepted: true, timeoutMs, signal };
  const checked = await checkInvariants(ctx.auditDb, options);
  if (pauses) await pauseBroken(ctx, checked);
  return checked;
}
