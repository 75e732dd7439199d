import { present } from "../../kernel/assert.js";
import type { Credits } from "../../kernel/credits.js";
import type { ProjectId, WalletId } from "../../kernel/ids.js";
import type { Database, Trx } from "../../platform/db/connect.js";
import type { Book } from "../decide.js";
import { compareBurnOrder, type Lot } from "../lots.js";

export type UnlockedWallet = Pick<
  Book,
  "walletId" | "available" | "held" | "debt" | "seq" | "frozen" | "lots"
>;

type UnlockedRow = {
  readonly [K in keyof Omit<UnlockedWallet, "lots" | "walletId">]: UnlockedWallet[K];
} & {
  readonly walletId: WalletId | null;
  readonly lotNo: number | null;
  readonly now: Date;
} & Omit<Lot, "lotNo" | "held"> & { readonly lotHeld: Credits };

/** One statement, so that the lots fit the balance though nothing is locked. */
const unlockedStatement = `
select w.id as "walletId", w.available, w.held, w.debt, w.seq, w.frozen_at is not null as frozen,
  l.lot_no as "lotNo", l.source, l.held as "lotHeld", l.priority, l.expires_at as "expiresAt",
  (l.remaining - case when w.head_lot_no = l.lot_no then w.head_burned else 0 end)::bigint as remaining,
  facts.now
from (select clock_timestamp() as now) facts
left join wallets w on w.project_id = ? and w.customer_id = ?
left join lateral (select * from lots where wallet_id = w.id and unspent offset 0) l on true`;

/** The wallet of a customer with its unspent lots in burn order, and the time by the clock of the database. */
export async function selectUnlocked(
  db: Database | Trx,
  projectId: ProjectId,
  customerId: string,
): Promise<{ readonly wallet: UnlockedWallet | undefined; readonly now: Date }> {
  const { rows } = await db.raw<{ rows: UnlockedRow[] }>(unlockedStatement, [
    projectId,
    customerId,
  ]);
  const first = present(rows[0], "there is one row at least");
  const { walletId, available, held, debt, seq, frozen, now } = first;
  if (walletId === null) return { wallet: undefined, now };
  const lots = rows.flatMap((row): Lot[] => {
    const { lotNo, source, remaining, lotHeld, priority, expiresAt } = row;
    return lotNo === null ? [] : [{ lotNo, source, remaining, held: lotHeld, priority, expiresAt }];
  });
  lots.sort(compareBurnOrder);
  return { wallet: { walletId, available, held, debt, seq, frozen, lots }, now };
}
