import type { Credits } from "../../kernel/credits.js";
import type { Database, Trx } from "../../platform/db/connect.js";
import { type BudgetColumns, toBudget } from "../decide-budget.js";
import type { Period, SpendWindows } from "../decide-limits.js";

type WindowColumns = {
  readonly [P in Period as `${P}Max`]: Credits | null;
} & { readonly [P in Period as `${P}Spent`]: Credits } & {
  readonly [P in Period as `${P}StartsAt`]: Date;
} & BudgetColumns;

/** Limits that are locked, and what time it was then. */
export interface LockedWindows {
  readonly windows: ReadonlyMap<string, SpendWindows>;
  /** Later than the change of whoever had changed one of them and let it go; `null` when there is none. */
  readonly lockedAt: Date | null;
}

/** The limits of wallets and keys, by the id of either. Locked after the wallets, ascending. */
export async function lockSpendWindows(
  trx: Trx,
  subjectIds: readonly string[],
): Promise<LockedWindows> {
  // A row that was changed while we waited for it is read anew, the clock with it.
  const { rows } = await trx.raw<{ rows: (WindowRow & { readonly lockedAt: Date })[] }>(
    `select ${windowColumns}, clock_timestamp() as "lockedAt"
     from spend_limits where subject_id = any(?::uuid[]) order by subject_id for no key update`,
    [`{${subjectIds.join(",")}}`],
  );
  let lockedAt: Date | null = null;
  for (const row of rows) if (lockedAt === null || row.lockedAt > lockedAt) ({ lockedAt } = row);
  return { windows: windowsById(rows), lockedAt };
}

/** The same without a lock, for whoever only wants to know. */
export async function findSpendWindows(
  db: Database | Trx,
  subjectIds: readonly string[],
): Promise<ReadonlyMap<string, SpendWindows>> {
  const { rows } = await db.raw<{ rows: WindowRow[] }>(
    `select ${windowColumns} from spend_limits where subject_id = any(?::uuid[])`,
    [`{${subjectIds.join(",")}}`],
  );
  return windowsById(rows);
}

const windowColumns = `subject_id as id,
  minute_max as "minuteMax", minute_spent as "minuteSpent", minute_starts_at as "minuteStartsAt",
  day_max as "dayMax", day_spent as "daySpent", day_starts_at as "dayStartsAt",
  month_max as "monthMax", month_spent as "monthSpent", month_starts_at as "monthStartsAt",
  call_max as "callMax", total_max as "totalMax", total_spent as "totalSpent",
  only_wallet_id as "onlyWalletId", ends_at as "endsAt"`;

type WindowRow = WindowColumns & { readonly id: string };

function windowsById(rows: readonly WindowRow[]): ReadonlyMap<string, SpendWindows> {
  return new Map(rows.map((row) => [row.id, toWindows(row)]));
}

function toWindows(row: WindowColumns): SpendWindows {
  return {
    minute: { max: row.minuteMax, spent: row.minuteSpent, startsAt: row.minuteStartsAt },
    day: { max: row.dayMax, spent: row.daySpent, startsAt: row.dayStartsAt },
    month: { max: row.monthMax, spent: row.monthSpent, startsAt: row.monthStartsAt },
    budget: toBudget(row),
  };
}

/** Keeps what was counted. The rows are locked. */
export async function updateSpendWindows(
  trx: Trx,
  windows: ReadonlyMap<string, SpendWindows>,
): Promise<void> {
  if (windows.size === 0) return;
  const all = [...windows.values()];
  await trx.raw(
    `update spend_limits s set
       minute_spent = n.minute_spent, minute_starts_at = n.minute_starts_at,
       day_spent = n.day_spent, day_starts_at = n.day_starts_at,
       month_spent = n.month_spent, month_starts_at = n.month_starts_at, total_spent = n.total_spent
     from unnest(?::uuid[], ?::bigint[], ?::timestamptz[], ?::bigint[], ?::timestamptz[], ?::bigint[], ?::timestamptz[],
         ?::bigint[])
       as n (id, minute_spent, minute_starts_at, day_spent, day_starts_at, month_spent, month_starts_at, total_spent)
     where s.subject_id = n.id`,
    [
      [...windows.keys()],
      all.map(({ minute }) => String(minute.spent)),
      all.map(({ minute }) => minute.startsAt),
      all.map(({ day }) => String(day.spent)),
      all.map(({ day }) => day.startsAt),
      all.map(({ month }) => String(month.spent)),
      all.map(({ month }) => month.startsAt),
      all.map(({ budget }) => String(budget?.totalSpent ?? 0n)),
    ],
  );
}
