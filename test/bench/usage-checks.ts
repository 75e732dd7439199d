import { invariants } from "../../src/app/invariants.js";
import { checkInvariants } from "../../src/ledger/check-invariants.js";
import type { Lane } from "../../src/metering/store/lanes.js";
import {
  closeDatabase,
  connectDatabase,
  migrationTimeouts,
} from "../../src/platform/db/connect.js";
import { until } from "../support/until.js";
import type { Rig } from "./rig.js";

const drainWithinMs = 600_000;
const lookEveryMs = 50;

export async function readOne<Row>({ ctx }: Rig, sql: string): Promise<Row> {
  const { rows } = await ctx.db.raw<{ rows: Row[] }>(sql);
  const [row] = rows;
  if (row === undefined) throw new Error(`no row came of: ${sql}`);
  return row;
}

/** Lanes in which something waits. */
export async function lanesOf({ ctx }: Rig): Promise<readonly Lane[]> {
  const { rows } = await ctx.db.raw<{ rows: Lane[] }>(
    `select distinct project_id as "projectId", lane from usage_batches
     where applied_at is null and quarantined_at is null order by lane`,
  );
  return rows;
}

/** Waits until workers have applied all that was accepted. */
export async function untilApplied(rig: Rig): Promise<void> {
  await until(
    async () =>
      (
        await readOne<{ done: boolean }>(
          rig,
          "select not exists (select from usage_batches where applied_at is null and quarantined_at is null) as done",
        )
      ).done,
    { timeoutMs: drainWithinMs, everyMs: lookEveryMs, because: "the usage to be applied" },
  );
}

/**
 * A figure counts only when every event was applied, in full and once, and the books are in order. Throws otherwise.
 *
 * @param expected events that were accepted since the database was made
 */
export async function checkUsage(rig: Rig, expected: number): Promise<void> {
  const db = connectDatabase({
    url: rig.databaseUrl,
    poolMax: 1,
    applicationName: "bench-check",
    ...migrationTimeouts,
  });
  try {
    const { rows } = await db.raw<{ rows: Readonly<Record<string, bigint | string | null>>[] }>(`
      select (select count(*) from usage_events) as events,
        (select coalesce(sum(events), 0)::bigint from usage_batches where applied_at is not null) as applied,
        (select count(distinct cause_id) from transfers where cause = 'usage') as charged,
        (select count(*) from usage_outcomes) as refused,
        (select min(problem) from usage_batches) as problem`);
    const { events, applied, charged, refused, problem } = rows[0] ?? {};
    const right =
      [events, applied, charged].every((count) => Number(count) === expected) &&
      Number(refused) === 0;
    if (!right)
      throw new Error(
        `${expected} events were accepted, but there are ${events}, of which ${applied} are applied, ${charged} are charged and ${refused} are refused; what stopped a batch: ${problem}`,
      );
    const broken = (await checkInvariants(db, { invariants })).filter(
      ({ offenders }) => offenders > 0,
    );
    if (broken.length > 0)
      throw new Error(`the books are not in order: ${broken.map(({ name }) => name).join(", ")}`);
  } finally {
    await closeDatabase(db);
  }
}
