import pg from "pg";

/** Tells when the credits of a purchase could be seen. */
export interface CreditWatch {
  /** By `performance.now()` of this process; `undefined` before. */
  readonly creditedMs: (walletId: string) => number | undefined;
  readonly stop: () => Promise<void>;
}

/**
 * Postgres tells of each grant at its commit, which is when everybody can see it. A trigger of the benchmark's own
 * database does that; polling would take part in the load and be late by half its pause.
 */
export async function watchCredits(databaseUrl: string): Promise<CreditWatch> {
  const seenMs = new Map<string, number>();
  const client = new pg.Client({ connectionString: databaseUrl });
  client.on("notification", ({ payload }) => {
    if (payload !== undefined) seenMs.set(payload, performance.now());
  });
  // Whoever waits for a credit then waits in vain, and says so.
  client.on("error", () => undefined);
  await client.connect();
  await client.query(`
    create function bench_credited() returns trigger language plpgsql as $$
    begin
      perform pg_notify('bench_credited', new.wallet_id::text);
      return null;
    end $$;
    create trigger bench_credited after insert on transfers for each row execute function bench_credited();
    listen bench_credited;
  `);
  return { creditedMs: (walletId) => seenMs.get(walletId), stop: () => client.end() };
}
