import pg from "pg";
import type { Stage } from "../stage.js";
import type { Fault } from "./fault.js";

/** Ends the sessions of half of the processes, at random, wherever they are. */
const terminate = `
select count(*) filter (where pg_terminate_backend(pid))::int as ended from pg_stat_activity
where datname = current_database() and pid <> pg_backend_pid() and random() < 0.5`;

/** What BullMQ keeps in Postgres; the product's own tables are not touched. */
const emptyQueue = "truncate bullmq.job, bullmq.job_log, bullmq.job_dependency";

/** What can befall what is kept. What is asked of a server that is down would miss, so the two never meet. */
export function dataFaults(backend: Stage["backend"]): readonly Fault[] {
  return [
    {
      name: "terminate connections",
      target: "postgres",
      strike: async ({ stage }) => {
        const rows = await ask(stage.postgres.url, terminate);
        return Number(rows[0]?.["ended"] ?? 0) > 0;
      },
    },
    {
      name: "empty the queue",
      target: backend,
      strike: ({ stage: { redis, postgres }, emptying }) =>
        emptying(() => (redis === undefined ? asked(postgres.url, emptyQueue) : flush(redis))),
    },
  ];
}

async function flush(redis: { readonly flush: () => Promise<void> }): Promise<boolean> {
  await redis.flush();
  return true;
}

async function asked(url: string, statement: string): Promise<boolean> {
  await ask(url, statement);
  return true;
}

async function ask(url: string, statement: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({
    connectionString: url,
    connectionTimeoutMillis: 2_000,
    query_timeout: 5_000,
    application_name: "storm",
  });
  client.on("error", () => undefined);
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(statement)).rows;
  } finally {
    await client.end().catch(() => undefined);
  }
}
