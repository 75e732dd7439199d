import type { Credits } from "../../kernel/credits.js";
import type { ProjectId, PurchaseId, ReversalId, WalletId } from "../../kernel/ids.js";
import type { Database, Trx } from "../../platform/db/connect.js";
import type { Returnable } from "../decide-reserve.js";
import type { LotSlice } from "../lots.js";
import {
  type LotTerms,
  type OpenReserve,
  type Reversible,
  type ReversiblePurchase,
  type Taking,
  withoutLast,
} from "../reversible.js";

export interface NewReversal {
  readonly id: ReversalId;
  readonly projectId: ProjectId;
  readonly walletId: WalletId;
  readonly purchaseId: PurchaseId;
  readonly number: number;
  readonly amount: Credits;
  readonly because: string;
}

/** Before its transfers: they are checked against it. */
export async function insertReversal(trx: Trx, reversal: NewReversal): Promise<void> {
  const { id, projectId, walletId, purchaseId, number, amount, because } = reversal;
  await trx.raw(
    `insert into reversals (id, project_id, wallet_id, purchase_id, number, amount, because)
     values (?, ?, ?, ?, ?, ?, ?)`,
    [id, projectId, walletId, purchaseId, number, String(amount), because],
  );
}

/**
 * What the wallets' purchases among these have reversed, and what paid debts. Read after the wallets are locked; one
 * statement each, by indexes, and only for batches that name a purchase.
 */
export async function readReversible(
  trx: Trx,
  asked: { readonly wallets: readonly WalletId[]; readonly purchases: readonly PurchaseId[] },
): Promise<ReadonlyMap<WalletId, Reversible>> {
  const own = await selectOwnLots(trx, asked.purchases);
  const moved = await selectMoved(trx, asked.purchases);
  const reserves = await selectReserves(trx, asked.purchases);
  const repaid = await selectRepaid(trx, asked.wallets);
  const terms = await selectTerms(trx, [...own, ...moved, ...repaid]);
  const taken = takenBy(moved);
  return new Map(
    asked.wallets.map((walletId): [WalletId, Reversible] => {
      const ofWallet = <T extends { readonly walletId: WalletId }>(rows: readonly T[]) =>
        rows.filter((row) => row.walletId === walletId);
      const purchases = ofWallet(own).map(
        ({ purchaseId, lotNo, granted }): [PurchaseId, ReversiblePurchase] => [
          purchaseId,
          {
            lotNo,
            granted,
            taken: taken.get(purchaseId) ?? [],
            reserves: reserves
              .filter((reserve) => reserve.purchaseId === purchaseId)
              .map(toReserve),
          },
        ],
      );
      return [
        walletId,
        {
          purchases: new Map(purchases),
          repaid: ofWallet(repaid).map(({ lotNo, amount }): LotSlice => ({ lotNo, amount })),
          lots: new Map(ofWallet(terms).map((lot) => [lot.lotNo, lot])),
        },
      ];
    }),
  );
}

interface OwnLot {
  readonly purchaseId: PurchaseId;
  readonly walletId: WalletId;
  readonly lotNo: number;
  readonly granted: Credits;
}

async function selectOwnLots(
  trx: Trx,
  purchases: readonly PurchaseId[],
): Promise<readonly OwnLot[]> {
  const { rows } = await trx.raw<{ rows: OwnLot[] }>(
    `select purchase_id as "purchaseId", wallet_id as "walletId", lot_no as "lotNo", granted
     from lots where purchase_id = any(?::uuid[])`,
    [`{${purchases.join(",")}}`],
  );
  return rows;
}

interface Reserved extends OpenReserve {
  readonly purchaseId: PurchaseId;
}

const toReserve = ({ id, purpose, amount }: Reserved): OpenReserve => ({ id, purpose, amount });

/** Those for refunds first. */
async function selectReserves(
  trx: Trx,
  purchases: readonly PurchaseId[],
): Promise<readonly Reserved[]> {
  const { rows } = await trx.raw<{ rows: Reserved[] }>(
    `select id, purchase_id as "purchaseId", purpose, placed - released as amount from holds
     where purchase_id = any(?::uuid[]) and ended_at is null and purpose is not null
     order by purpose desc, id`,
    [`{${purchases.join(",")}}`],
  );
  return rows;
}

interface Moved extends Taking {
  readonly purchaseId: PurchaseId;
  readonly walletId: WalletId;
  readonly isTaken: boolean;
}

async function selectMoved(trx: Trx, purchases: readonly PurchaseId[]): Promise<readonly Moved[]> {
  const { rows } = await trx.raw<{ rows: Moved[] }>(
    `select r.purchase_id as "purchaseId", r.wallet_id as "walletId", t.lot_no as "lotNo", t.amount,
       r.amount > 0 as "isTaken"
     from reversals r
     cross join lateral (
       select lot_no, amount, leg from transfers
       where cause_id = r.id and cause = 'reversal'
         and kind in ('reversal', 'reversal_debt', 'reinstatement', 'reinstatement_debt') offset 0
     ) t
     where r.purchase_id = any(?::uuid[])
     order by r.purchase_id, r.number, t.leg`,
    [`{${purchases.join(",")}}`],
  );
  return rows;
}

/** What of the takings was not given back; the last taken always goes back first. */
function takenBy(moved: readonly Moved[]): ReadonlyMap<PurchaseId, readonly Taking[]> {
  const taken = new Map<PurchaseId, readonly Taking[]>();
  for (const { purchaseId, lotNo, amount, isTaken } of moved) {
    const before = taken.get(purchaseId) ?? [];
    taken.set(purchaseId, isTaken ? [...before, { lotNo, amount }] : withoutLast(before, amount));
  }
  return taken;
}

interface Repaid extends LotSlice {
  readonly walletId: WalletId;
}

async function selectRepaid(trx: Trx, wallets: readonly WalletId[]): Promise<readonly Repaid[]> {
  const { rows } = await trx.raw<{ rows: Repaid[] }>(
    `select wallet_id as "walletId", lot_no as "lotNo",
       sum(case kind when 'debt_repayment' then amount else -amount end)::bigint as amount
     from transfers
     where wallet_id = any(?::uuid[]) and kind in ('debt_repayment', 'repayment_returned')
     group by wallet_id, lot_no
     having sum(case kind when 'debt_repayment' then amount else -amount end) > 0
     order by max(seq) filter (where kind = 'debt_repayment')`,
    [`{${wallets.join(",")}}`],
  );
  return rows;
}

interface Terms extends LotTerms {
  readonly walletId: WalletId;
}

async function selectTerms(
  trx: Trx,
  named: readonly { readonly walletId: WalletId; readonly lotNo: number | null }[],
): Promise<readonly Terms[]> {
  const lots = named.filter(({ lotNo }) => lotNo !== null);
  const { rows } = await trx.raw<{ rows: Terms[] }>(
    `select l.wallet_id as "walletId", l.lot_no as "lotNo", l.source, l.priority, l.expires_at as "expiresAt"
     from (select distinct * from unnest(?::uuid[], ?::integer[])) as asked (wallet_id, lot_no)
     join lots l on l.wallet_id = asked.wallet_id and l.lot_no = asked.lot_no`,
    [
      `{${lots.map(({ walletId }) => walletId).join(",")}}`,
      `{${lots.map(({ lotNo }) => lotNo).join(",")}}`,
    ],
  );
  return rows;
}

/** What has expired and was not swept yet is not there any more; what is set aside against fraud is. */
export async function selectReturnable(
  db: Database | Trx,
  { walletId, purchaseId }: { readonly walletId: WalletId; readonly purchaseId: PurchaseId },
): Promise<Returnable | undefined> {
  const { rows } = await db.raw<{ rows: Returnable[] }>(
    `select l.granted, l.reversed,
       (case when l.expires_at <= clock_timestamp() then 0
         else l.remaining - l.held - (case when w.head_lot_no = l.lot_no then w.head_burned else 0 end) end
       + coalesce((select sum(placed - released) from holds where purchase_id = l.purchase_id
           and purpose = 'fraud_warning' and ended_at is null), 0))::bigint as unspent
     from lots l join wallets w on w.id = l.wallet_id where l.purchase_id = ? and l.wallet_id = ?`,
    [purchaseId, walletId],
  );
  return rows[0];
}
