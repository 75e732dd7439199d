import { creditsToJson } from "../kernel/credits.js";
import { type HoldId, type ProjectId, publicId } from "../kernel/ids.js";
import { decideRelease } from "../ledger/decide-hold.js";
import type { HoldOfWallet } from "../ledger/read-hold.js";
import type { Trx } from "../platform/db/connect.js";
import { recordAudit } from "../tenancy/record-audit.js";
import { moveHold } from "./move-hold.js";
import { findHold } from "./read-holds.js";

/**
 * Gives back what a hold has left; a debt of the wallet is paid with it first. A hold whose time is over may be
 * released, too, as long as it has not expired in the books.
 *
 * @throws Refusal `not_found`, or `hold_not_open` with the `state` it is in, `project_paused`
 */
export async function releaseHold(
  trx: Trx,
  projectId: ProjectId,
  holdId: HoldId,
): Promise<HoldOfWallet> {
  const { hold } = await findHold(trx, projectId, holdId);
  await moveHold(trx, projectId, hold, {
    waitsWhilePaused: true,
    decide: (book, asked) => decideRelease(book, { ...asked, holdId, expired: false }),
  });
  return findHold(trx, projectId, holdId);
}

/** The same by a person, with a line in the audit log. */
export async function releaseHoldByHand(
  trx: Trx,
  projectId: ProjectId,
  holdId: HoldId,
  actor: string,
): Promise<HoldOfWallet> {
  const done = await releaseHold(trx, projectId, holdId);
  await recordAudit(trx, {
    projectId,
    actor,
    action: "hold.release",
    subject: publicId("hold", holdId),
    details: { credits: creditsToJson(done.hold.released) },
  });
  return done;
}
