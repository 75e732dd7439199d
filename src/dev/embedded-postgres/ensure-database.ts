import pg from "pg";

const connectTimeoutMs = 5_000;

/** The address of a database of the embedded server. It holds the password: never log it. */
export function databaseUrl(port: number, password: string, database: string): string {
  return `postgres://postgres:${password}@127.0.0.1:${port}/${encodeURIComponent(database)}`;
}

/** Creates the database on the first start. Also proves that the server answers and knows our password. */
export async function ensureDatabase(
  port: number,
  password: string,
  database: string,
): Promise<string> {
  const client = new pg.Client({
    connectionString: databaseUrl(port, password, "postgres"),
    connectionTimeoutMillis: connectTimeoutMs,
  });
  // A broken connection also fails the query that waits for it; as an event it would end the process.
  client.on("error", () => undefined);
  await client.connect();
  try {
    const found = await client.query("select 1 from pg_database where datname = $1", [database]);
    if (found.rowCount === 0) {
      await client.query(`create database ${client.escapeIdentifier(database)}`);
    }
  } finally {
    await client.end();
  }
  return databaseUrl(port, password, database);
}
