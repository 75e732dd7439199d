import { present } from "../kernel/assert.js";
import type { ProjectId } from "../kernel/ids.js";
import type { Verdict } from "../kernel/verdict.js";
import type { Posting } from "../ledger/decide.js";
import type { Movement } from "../ledger/decide-all.js";
import { applyMovements } from "../ledger/post-movements.js";
import type { Hold } from "../ledger/read-hold.js";
import type { Trx } from "../platform/db/connect.js";
import { findHold } from "./read-holds.js";
import { withState } from "./hold-after.js";

/**
 * Decides one thing about a known hold under its wallet's lock, and writes it. What is refused is thrown; that the
 * hold is not open any more, with the state that it is in now.
 *
 * @throws Refusal `project_paused` when the movement waits for it, and whatever `decide` refuses
 */
export async function moveHold<P extends Posting>(
  trx: Trx,
  projectId: ProjectId,
  { id, walletId }: Hold,
  movement: Pick<Movement<P>, "apiKeyId" | "decide" | "waitsWhilePaused">,
): Promise<P> {
  const verdicts = await applyMovements(trx, [{ walletId, holdId: id, ...movement }]);
  const verdict: Verdict<P> = present(verdicts[0], "one movement gets one verdict");
  if (verdict.approved) return verdict.value;
  const { hold } = await findHold(trx, projectId, id);
  throw withState(verdict.refusal, hold);
}
