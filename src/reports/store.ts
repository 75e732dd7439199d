import type { ProjectId } from "../kernel/ids.js";
import type { Database } from "../platform/db/connect.js";

/** What was kept of a month, if anything, and the time now by the database's clock. */
export interface KeptMonth {
  readonly now: Date;
  /** As `packSums` wrote it; `null` when the month is not kept. */
  readonly sums: unknown;
}

/** `month` by its first day, such as `2026-11-01`. */
export async function selectMonth(
  db: Database,
  projectId: ProjectId,
  month: string,
): Promise<KeptMonth> {
  const { rows } = await db.raw<{ rows: KeptMonth[] }>(
    `select clock_timestamp() as now,
       (select sums from month_sums where project_id = ? and month = ?::date) as sums`,
    [projectId, month],
  );
  const [kept] = rows;
  return kept ?? { now: new Date(0), sums: null };
}

/** Two that reckon the same month find the same, so the first stays. */
export async function insertMonth(
  db: Database,
  kept: { readonly projectId: ProjectId; readonly month: string; readonly sums: string },
): Promise<void> {
  await db.raw(
    `insert into month_sums (project_id, month, sums) values (?, ?::date, ?::jsonb)
     on conflict (project_id, month) do nothing`,
    [kept.projectId, kept.month, kept.sums],
  );
}

/** The next project after `after` (`null` for the first) that was there in the month and of which it is not kept. */
export async function selectProjectWithout(
  db: Database,
  {
    month,
    to,
    after,
  }: { readonly month: string; readonly to: Date; readonly after: ProjectId | null },
): Promise<ProjectId | null> {
  const { rows } = await db.raw<{ rows: { id: ProjectId }[] }>(
    `select id from projects p
     where created_at < ? and (?::uuid is null or id > ?)
       and not exists (select from month_sums where project_id = p.id and month = ?::date)
     order by id limit 1`,
    [to, after, after, month],
  );
  return rows[0]?.id ?? null;
}
