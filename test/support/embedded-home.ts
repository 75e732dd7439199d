import { chmod, mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import pg from "pg";
import { inject } from "vitest";

/** An empty folder below the folder of the run; what still runs in it is ended at the end of the run. */
export async function embeddedHome(
  mode = 0o711,
): Promise<{ path: string; remove(): Promise<void> }> {
  const path = await mkdtemp(join(inject("runFolder"), "embedded-"));
  await chmod(path, mode);
  return { path, remove: () => rm(path, { recursive: true, force: true }) };
}

/** Runs one statement in a session of its own. */
export async function ask(url: string, statement: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url });
  client.on("error", () => undefined);
  await client.connect();
  try {
    const result = await client.query<Record<string, unknown>>(statement);
    return result.rows;
  } finally {
    await client.end();
  }
}
