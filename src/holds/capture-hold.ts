import type { Credits } from "../kernel/credits.js";
import { type CaptureId, type HoldId, newId, type ProjectId } from "../kernel/ids.js";
import { decideCapture } from "../ledger/decide-hold.js";
import type { HoldOfWallet } from "../ledger/read-hold.js";
import type { Trx } from "../platform/db/connect.js";
import { moveHold } from "./move-hold.js";
import { findHold } from "./read-holds.js";

export interface CaptureOrder {
  readonly projectId: ProjectId;
  readonly holdId: HoldId;
  readonly credits: Credits;
  /** Gives back at once what is left after it. */
  readonly close: boolean;
}

/** What was spent, and the hold after it. */
export interface CapturedHold extends HoldOfWallet {
  readonly id: CaptureId;
  /** What was taken, from the hold and from what was available. */
  readonly taken: Credits;
  /** What was asked for and could not be taken. */
  readonly shortfall: Credits;
}

/**
 * Spends from a hold, as often as it has something left. The hold has paid: neither a frozen wallet nor a spend limit
 * refuses what it covers.
 *
 * @throws Refusal `not_found`, `hold_not_open` with the `state` it is in, or `hold_exceeded`
 */
export async function captureHold(
  trx: Trx,
  { projectId, holdId, credits: amount, close }: CaptureOrder,
): Promise<CapturedHold> {
  const { hold } = await findHold(trx, projectId, holdId);
  const id = newId("capture");
  const reason = { cause: { type: "capture", id }, memo: hold.description } as const;
  const { taken, shortfall } = await moveHold(trx, projectId, hold, (book, asked) =>
    decideCapture(book, { ...asked, ...reason, holdId, amount, close }),
  );
  return { ...(await findHold(trx, projectId, holdId)), id, taken, shortfall };
}
