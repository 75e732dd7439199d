import { present } from "../../kernel/assert.js";
import { type Credits, zeroCredits } from "../../kernel/credits.js";
import type { ApiKeyId, HoldId, WalletId } from "../../kernel/ids.js";
import type { Trx } from "../../platform/db/connect.js";
import { rawPrepared } from "../../platform/db/prepared.js";
import type { Book, OpenHold } from "../decide.js";
import { compareBurnOrder, type Lot, type LotSlice } from "../lots.js";

/** What the lock itself reads: the newest version of the row, whoever wrote it while we waited. */
export type LockedWallet = Pick<
  Book,
  "walletId" | "projectId" | "available" | "held" | "debt" | "seq" | "frozen"
> & {
  readonly limited: boolean;
  /** The lot that is being spent, and what is left to spend of it; `null` when there is none or it may expire now. */
  readonly headLotNo: number | null;
  readonly headLeft: Credits | null;
  /** What the row of that lot does not know yet. */
  readonly headBurned: Credits;
  readonly headKeeps: boolean;
  /** Whether its project is paused; false when nobody asked. */
  readonly paused: boolean;
};

/** Asked only by what waits while a project is paused: it costs a look for each wallet. */
const isPaused =
  "exists (select from projects p where p.id = wallets.project_id and p.paused_at is not null)";

/**
 * Locks ascending by id. Only the locked rows themselves are read by this statement: what lies in other tables is
 * read by later ones, whose snapshot is taken after the locks. A pause is the exception: it concerns what begins
 * after it.
 */
export async function lockWallets(
  trx: Trx,
  ids: readonly WalletId[],
  { looksAtPause }: { readonly looksAtPause: boolean },
): Promise<readonly LockedWallet[]> {
  const { rows } = await rawPrepared<{ rows: LockedWallet[] }>(
    trx,
    `select id as "walletId", project_id as "projectId", available, held, debt, seq,
       frozen_at is not null as frozen, limited, head_lot_no as "headLotNo", head_left as "headLeft",
       head_burned as "headBurned",
       coalesce(head_expires_at > clock_timestamp() + interval '1 minute', true) as "headKeeps",
       ${looksAtPause ? isPaused : "false"} as paused
     from wallets where id = any((select ?::uuid[])::uuid[]) order by id for no key update`,
    [`{${ids.join(",")}}`],
  );
  return rows;
}

/** What belongs to locked wallets, and the time after the locks. */
export interface Rests {
  readonly of: (wallet: LockedWallet) => Pick<Book, "lots" | "counts">;
  /** Whether one of the keys that were asked for has spend limits. */
  readonly keyIsLimited: boolean;
  readonly now: Date;
}

interface RestRow {
  readonly walletId: WalletId | null;
  readonly lotNo: number | null;
  readonly source: Lot["source"];
  readonly remaining: Credits;
  readonly held: Credits;
  readonly priority: number;
  readonly expiresAt: Date | null;
  readonly lotNoLast: number | null;
  readonly openHolds: number | null;
  readonly keyIsLimited: boolean;
  readonly now: Date;
}

/**
 * The unspent lots, one index probe per wallet: `offset 0` keeps the planner from reading every lot there is when it
 * has no statistics. How many lots and holds there are is counted once, and only for wallets that open one.
 */
const restsStatement = `
select asked.id as "walletId", l.lot_no as "lotNo", l.source, l.remaining, l.held, l.priority,
  l.expires_at as "expiresAt", c.lot_no_last as "lotNoLast", c.open_holds as "openHolds",
  facts."keyIsLimited", facts.now
from (
  select exists (select from spend_limits where subject_id = any((select ?::uuid[])::uuid[])) as "keyIsLimited", clock_timestamp() as now
) facts
left join unnest((select ?::uuid[]), (select ?::boolean[])) as asked (id, opening) on true
left join lateral (
  select coalesce((select max(lot_no) from lots where wallet_id = asked.id), 0) as lot_no_last,
    (select count(*)::integer from holds where wallet_id = asked.id and ended_at is null
      and purpose is null) as open_holds
  where asked.opening offset 0
) c on true
left join lateral (select * from lots where wallet_id = asked.id and unspent offset 0) l on true`;

export async function readRests(
  trx: Trx,
  asked: {
    /** The wallets whose lots are needed. */
    readonly walletIds: readonly WalletId[];
    /** Those of them that may open a lot or place a hold. */
    readonly opening: ReadonlySet<WalletId>;
    readonly keyIds: readonly ApiKeyId[];
  },
): Promise<Rests> {
  const { walletIds, opening, keyIds } = asked;
  const { rows } = await rawPrepared<{ rows: RestRow[] }>(trx, restsStatement, [
    `{${keyIds.join(",")}}`,
    `{${walletIds.join(",")}}`,
    `{${walletIds.map((id) => (opening.has(id) ? "t" : "f")).join(",")}}`,
  ]);
  const byWallet = new Map<WalletId, RestRow[]>();
  for (const row of rows) {
    if (row.walletId === null) continue;
    const others = byWallet.get(row.walletId);
    if (others === undefined) byWallet.set(row.walletId, [row]);
    else others.push(row);
  }
  const { keyIsLimited, now } = present(rows[0], "there is one row at least");
  return {
    of: (wallet) => toRest(wallet, present(byWallet.get(wallet.walletId), "a wallet has a row")),
    keyIsLimited,
    now,
  };
}

function toRest(
  { headLotNo, headBurned }: LockedWallet,
  rows: readonly RestRow[],
): Pick<Book, "lots" | "counts"> {
  const lots: Lot[] = [];
  for (const { lotNo, source, remaining: kept, held, priority, expiresAt } of rows) {
    if (lotNo === null) continue;
    const remaining = (lotNo === headLotNo ? kept - headBurned : kept) as Credits;
    lots.push({ lotNo, source, remaining, held, priority, expiresAt });
  }
  if (lots.length > 1) lots.sort(compareBurnOrder);
  const { lotNoLast = null, openHolds = null } = rows[0] ?? {};
  const counted = lotNoLast !== null && openHolds !== null;
  return { lots, counts: counted ? { lotNoLast, openHolds } : null };
}

/**
 * The head lot of a wallet as the only one, or `undefined` when it does not cover `credits` for certain. Enough for
 * spends of that much: the head is what burns first.
 */
export function headOf(wallet: LockedWallet, credits: Credits): readonly Lot[] | undefined {
  const { headLotNo: lotNo, headLeft: remaining, headKeeps } = wallet;
  if (lotNo === null || remaining === null || !headKeeps || credits > remaining) return undefined;
  const unknown = { source: "promotion", priority: 0, expiresAt: null } as const;
  return [{ lotNo, remaining, held: zeroCredits, ...unknown }];
}

interface HoldRow extends Omit<OpenHold, "slices"> {
  readonly walletId: WalletId;
  readonly lotNo: number;
  readonly amount: Credits;
}

/**
 * What open holds have left, lot by lot in the order in which they were filled: it is the burn order, and captures
 * take from its front. So the transfers that filled the hold and its count of what was captured tell it, however many
 * captures there were. One index probe per hold, for the same reason as above.
 */
const holdsStatement = `
select h.id, h.wallet_id as "walletId", h.over_capture as "overCapture", h.created_at as "createdAt",
  h.expires_at as "expiresAt", h.api_key_id as "apiKeyId", h.rate_card_version as "rateCardVersion",
  s.lot_no as "lotNo", least(s.amount, s.rest)::bigint as amount
from unnest(?::uuid[]) as asked (id)
cross join lateral (select * from holds where id = asked.id and ended_at is null and purpose is null offset 0) h
cross join lateral (
  select lot_no, seq, amount, sum(amount) over (order by seq) - h.captured - h.released as rest
  from transfers where cause = 'hold' and cause_id = h.id
) s
where s.rest > 0
order by h.id, s.seq`;

/** The open ones among the holds, by wallet. Read after the wallets are locked. */
export async function readOpenHolds(
  trx: Trx,
  ids: readonly HoldId[],
): Promise<ReadonlyMap<WalletId, ReadonlyMap<HoldId, OpenHold>>> {
  const { rows } = await trx.raw<{ rows: HoldRow[] }>(holdsStatement, [`{${ids.join(",")}}`]);
  const byWallet = new Map<WalletId, Map<HoldId, OpenHold>>();
  for (const { walletId, lotNo, amount, ...row } of rows) {
    const holds = byWallet.get(walletId) ?? new Map<HoldId, OpenHold>();
    const slices: LotSlice[] = [...(holds.get(row.id)?.slices ?? []), { lotNo, amount }];
    byWallet.set(walletId, holds.set(row.id, { ...row, slices }));
  }
  return byWallet;
}
