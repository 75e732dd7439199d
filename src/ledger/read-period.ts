import { assert, present } from "../kernel/assert.js";
import { zeroCredits } from "../kernel/credits.js";
import type { WalletId } from "../kernel/ids.js";
import type { Database, Trx } from "../platform/db/connect.js";
import type { TransferRow } from "./models.js";
import { type Balances, moveBalances } from "./movements.js";
import { type StatementLine, toLine } from "./read-statement.js";
import type { Wallet } from "./read-wallet.js";
import { findSeqBefore, selectTransfer, selectTransfersForward } from "./store/statement.js";

/** What a wallet had, what happened, and what it had then. */
export interface PeriodStatement {
  readonly opening: Balances;
  readonly closing: Balances;
  readonly lines: number;
  /** The lines in their order, some hundred at a time; read while they are taken. */
  readonly pages: () => AsyncGenerator<readonly StatementLine[]>;
}

export interface Period {
  /** From this time on; `undefined` from the first line. */
  readonly from: Date | undefined;
  /** Before this time; `undefined` to the last line that there is. */
  readonly to: Date | undefined;
}

const linesPerRead = 500;

/**
 * The statement of a wallet for a period, oldest line first. Lines never change and have no gap, so once the first
 * and the last are known the rest is read page by page, without a transaction, and always adds up. What is written
 * meanwhile is in the next statement. The wallet must be known to belong to the caller.
 */
export async function readPeriod(
  db: Database | Trx,
  wallet: Pick<Wallet, "id" | "seq">,
  { from, to }: Period,
): Promise<PeriodStatement> {
  const [before, last] = await Promise.all([
    from === undefined ? 0n : findSeqBefore(db, wallet.id, { at: from, seqLast: wallet.seq }),
    to === undefined ? wallet.seq : findSeqBefore(db, wallet.id, { at: to, seqLast: wallet.seq }),
  ]);
  assert(before <= last, "a period ends after its start");
  const [opening, closing] = await Promise.all([
    balancesAfter(db, wallet.id, before),
    balancesAfter(db, wallet.id, last),
  ]);
  const range = { walletId: wallet.id, before, last, opening };
  return { opening, closing, lines: Number(last - before), pages: () => readPages(db, range) };
}

/** A wallet that was never written to. */
export const emptyPeriod: PeriodStatement = {
  opening: { available: zeroCredits, held: zeroCredits, debt: zeroCredits },
  closing: { available: zeroCredits, held: zeroCredits, debt: zeroCredits },
  lines: 0,
  pages: async function* () {},
};

interface Range {
  readonly walletId: WalletId;
  readonly before: bigint;
  readonly last: bigint;
  readonly opening: Balances;
}

async function* readPages(
  db: Database | Trx,
  { walletId, before, last, opening }: Range,
): AsyncGenerator<readonly StatementLine[]> {
  let seqAfter = before;
  let balances = opening;
  while (seqAfter < last) {
    const page = { seqAfter, seqLast: last, limit: linesPerRead };
    const rows = await selectTransfersForward(db, walletId, page);
    for (const row of rows) {
      assert(row.seq === seqAfter + 1n, "the numbers of a wallet have no gap");
      assertContinues(balances, row);
      seqAfter = row.seq;
      balances = balancesOf(row);
    }
    assert(rows.length > 0, "a line that was there is still there");
    yield rows.map(toLine);
  }
}

/** A statement that does not add up is never shown to the end. */
function assertContinues(before: Balances, row: TransferRow): void {
  const { available, held, debt } = moveBalances(before, row.kind, row.amount);
  const after = balancesOf(row);
  assert(
    available === after.available && held === after.held && debt === after.debt,
    "each line continues the one before it",
  );
}

function balancesOf({ availableAfter, heldAfter, debtAfter }: TransferRow): Balances {
  return { available: availableAfter, held: heldAfter, debt: debtAfter };
}

async function balancesAfter(
  db: Database | Trx,
  walletId: WalletId,
  seq: bigint,
): Promise<Balances> {
  if (seq === 0n) return emptyPeriod.opening;
  return balancesOf(present(await selectTransfer(db, walletId, seq), "a line that was found"));
}
