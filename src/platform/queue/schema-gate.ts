import { assertSchemaCompatibility, LATEST_SCHEMA_VERSION, runMigrations } from "bullmq";
import pg from "pg";

const connectTimeoutMs = 1_000;
const migrationTimeoutMs = 60_000;
/** A failed try is answered again for so long, so that a crowd of callers makes one connection, not thousands. */
const memoryOfFailureMs = 300;

/** SQLSTATE: undefined table, function, schema. */
const schemaIsGone = new Set(["42P01", "42883", "3F000"]);

/**
 * Lets callers through once BullMQ's schema is in the database. The first caller migrates; processes that start
 * at once wait for each other (BullMQ takes an advisory lock). A failed try is forgotten soon, so that whoever
 * asks after the database came back gets through.
 */
export class SchemaGate {
  private opening: Promise<void> | undefined;

  constructor(
    private readonly databaseUrl: string,
    private readonly schema: string,
  ) {}

  open(): Promise<void> {
    this.opening ??= this.tryOnce();
    return this.opening;
  }

  /** Looks again at the next call when the error says that the schema was dropped under us. */
  doubtAfter(error: unknown): void {
    if (!(error instanceof Error) || !("code" in error)) return;
    if (typeof error.code === "string" && schemaIsGone.has(error.code)) this.opening = undefined;
  }

  private tryOnce(): Promise<void> {
    const opening = migrateQueue(this.databaseUrl, this.schema);
    opening.catch(() => {
      const forget = (): void => {
        if (this.opening === opening) this.opening = undefined;
      };
      setTimeout(forget, memoryOfFailureMs).unref();
    });
    return opening;
  }
}

async function migrateQueue(databaseUrl: string, schema: string): Promise<void> {
  const client = new pg.Client({
    connectionString: databaseUrl,
    connectionTimeoutMillis: connectTimeoutMs,
    query_timeout: migrationTimeoutMs,
    statement_timeout: migrationTimeoutMs,
    lock_timeout: migrationTimeoutMs,
    application_name: "chargly-queue-migration",
  });
  client.on("error", () => undefined); // the query at work reports it
  try {
    await client.connect();
    // Reading the version takes no lock; migrating takes one that stops everybody else for a moment.
    const version = await assertSchemaCompatibility(client, schema).catch(() => 0);
    if (version < LATEST_SCHEMA_VERSION) await runMigrations(client, schema);
  } finally {
    await client.end().catch(() => undefined);
  }
}
