import type { Database } from "../../platform/db/connect.js";

/** What one day did to the differences that are known. */
export interface DriftDay {
  /** `2026-11-26`, in UTC. */
  readonly day: string;
  readonly found: number;
  readonly healed: number;
  /** Open when the day ended, or now. */
  readonly open: number;
}

export async function selectDrift(db: Database, days: number): Promise<readonly DriftDay[]> {
  const { rows } = await db.raw<{ rows: DriftDay[] }>(
    `select to_char(d.day, 'YYYY-MM-DD') as day,
       count(c.id) filter (where c.created_at >= d.day)::int as found,
       count(c.id) filter (where c.state = 'healed' and c.closed_at >= d.day and c.closed_at < d.day + interval '1 day')::int as healed,
       count(c.id) filter (where c.closed_at is null or c.closed_at >= d.day + interval '1 day')::int as open
     from generate_series(date_trunc('day', now()) - make_interval(days => ?), date_trunc('day', now()), interval '1 day') d (day)
     left join (
       -- What was closed before the first day had been found before it, too.
       select id, state, created_at, closed_at from discrepancies
       where closed_at is null or closed_at >= date_trunc('day', now()) - make_interval(days => ?)
     ) c on c.created_at < d.day + interval '1 day' and (c.closed_at is null or c.closed_at >= d.day)
     group by d.day order by d.day`,
    [days - 1, days - 1],
  );
  return rows;
}
