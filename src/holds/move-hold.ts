import { present } from "../kernel/assert.js";
import type { ProjectId } from "../kernel/ids.js";
import { Refusal } from "../kernel/refusals.js";
import type { Verdict } from "../kernel/verdict.js";
import type { Posting } from "../ledger/decide.js";
import type { Movement } from "../ledger/decide-all.js";
import { applyMovements } from "../ledger/post-movements.js";
import type { Hold } from "../ledger/read-hold.js";
import type { Trx } from "../platform/db/connect.js";
import { findHold } from "./read-holds.js";
import { endedDetails } from "./rules.js";

/**
 * Decides one thing about a known hold under its wallet's lock, and writes it. What is refused is thrown; that the
 * hold is not open any more, with the state that it is in now.
 */
export async function moveHold<P extends Posting>(
  trx: Trx,
  projectId: ProjectId,
  { id, walletId }: Hold,
  decide: Movement<P>["decide"],
): Promise<P> {
  const verdicts = await applyMovements(trx, [{ walletId, holdId: id, decide }]);
  const verdict: Verdict<P> = present(verdicts[0], "one movement gets one verdict");
  if (verdict.approved) return verdict.value;
  if (verdict.refusal.code !== "hold_not_open") throw verdict.refusal;
  const { hold } = await findHold(trx, projectId, id);
  // One that is still open in the books is refused because its time is over.
  const state = hold.state === "open" ? "expired" : hold.state;
  throw new Refusal("hold_not_open", { detail: endedDetails[state], extra: { state } });
}
