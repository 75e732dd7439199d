import { present } from "../kernel/assert.js";
import type { WalletId } from "../kernel/ids.js";
import type { Movement } from "../ledger/decide-all.js";
import type { DueOptions, DueWallet } from "../ledger/find-due.js";
import { applyMovements } from "../ledger/post-movements.js";
import type { Database } from "../platform/db/connect.js";
import { databaseErrorKind } from "../platform/db/errors.js";
import { inTransaction } from "../platform/db/transaction.js";
import { reasonOf } from "../platform/queue/log.js";
import type { ScheduleTools } from "../platform/schedules/define-schedule.js";
import { cutBatches } from "./rules.js";

export interface Sweep<Due extends DueWallet> {
  /** What is due, the longest overdue first. */
  readonly find: (db: Database, options: DueOptions) => Promise<readonly Due[]>;
  readonly movementOf: (due: Due) => Movement;
}

/** What is due is read in slices; what one run leaves is due in the next. */
const sliceSize = 2_000;
const slicesMax = 10;

/**
 * Moves what is due, in batches of one project each. Safe to run twice, and to be cut off anywhere: a batch commits as
 * a whole, and the decisions are taken under the wallets' locks. A batch that fails is halved until what fails
 * stands alone, so that one wallet blocks nobody; the run goes on and fails in the end.
 *
 * @returns how many movements were made
 */
export async function sweepWallets<Due extends DueWallet>(
  db: Database,
  { find, movementOf }: Sweep<Due>,
  { signal, log }: ScheduleTools,
): Promise<number> {
  const failed = new Map<WalletId, unknown>();
  let moved = 0;
  for (let slice = 0; slice < slicesMax && !signal.aborted; slice++) {
    const due = await find(db, { limit: sliceSize, except: [...failed.keys()] });
    if (due.length === 0) break;
    for (const batch of cutBatches(due)) {
      if (signal.aborted) break;
      moved += await moveBatch(db, batch.map(movementOf), failed);
    }
  }
  for (const [walletId, error] of failed) log.error({ walletId, error }, "a wallet was not swept");
  const [first] = failed.values();
  if (failed.size > 0) throw new Error(`${failed.size} wallets were not swept: ${reasonOf(first)}`);
  return moved;
}

async function moveBatch(
  db: Database,
  movements: readonly Movement[],
  failed: Map<WalletId, unknown>,
): Promise<number> {
  try {
    const verdicts = await inTransaction(db, (trx) => applyMovements(trx, movements));
    return verdicts.filter(({ approved }) => approved).length;
  } catch (error) {
    if (databaseErrorKind(error) === "unavailable") throw error;
    if (movements.length === 1) {
      failed.set(present(movements[0], "a batch has movements").walletId, error);
      return 0;
    }
    const middle = Math.ceil(movements.length / 2);
    const before = await moveBatch(db, movements.slice(0, middle), failed);
    return before + (await moveBatch(db, movements.slice(middle), failed));
  }
}
