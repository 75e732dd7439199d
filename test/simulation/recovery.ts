import pg from "pg";

/** A part that was killed, and when it was ready again. */
export interface Comeback {
  readonly part: string;
  readonly readyMs: number;
}

/** Seconds from when a killed part was ready again until usage that waited was applied. */
export interface Recovery {
  readonly part: string;
  readonly times: number;
  readonly medianSeconds: number;
  readonly maxSeconds: number;
}

/** Usage that nobody waited for: what is waited for is applied in the statement that takes it. */
const nextApplied = `
select extract(epoch from min(applied_at) - to_timestamp($1))::float8 as seconds from usage_batches
where applied_at > to_timestamp($1) and applied_at > accepted_at + interval '1 millisecond'`;

/** Looks in the books how long applying took to go on, for each kind of part. */
export async function measureRecovery(
  databaseUrl: string,
  comebacks: readonly Comeback[],
): Promise<readonly Recovery[]> {
  const client = new pg.Client({ connectionString: databaseUrl, application_name: "storm" });
  await client.connect();
  try {
    const seconds = new Map<string, number[]>();
    for (const { part, readyMs } of comebacks) {
      const { rows } = await client.query<{ seconds: number | null }>(nextApplied, [
        readyMs / 1_000,
      ]);
      const [row] = rows;
      if (row === undefined || row.seconds === null) continue;
      seconds.set(part, [...(seconds.get(part) ?? []), row.seconds]);
    }
    return [...seconds].sort().map(([part, all]) => {
      const sorted = all.toSorted((a, b) => a - b);
      const medianSeconds = sorted[Math.floor(sorted.length / 2)] ?? 0;
      return { part, times: all.length, medianSeconds, maxSeconds: sorted.at(-1) ?? 0 };
    });
  } finally {
    await client.end();
  }
}
