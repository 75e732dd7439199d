import type { Command } from "commander";
import { Refusal } from "../../kernel/refusals.js";
import { closeDatabase, connectDatabase, migrationTimeouts } from "../../platform/db/connect.js";
import { migrate, pendingMigrations, unknownMigrations } from "../../platform/db/migrate.js";
import type { Answer, Cli } from "./cli.js";
import { readDatabaseUrl } from "./command-context.js";

/** The migrator holds its lock on one connection and works on the other. */
const poolMax = 2;

export function addMigrate(program: Command, cli: Cli): void {
  program
    .command("migrate")
    .summary("bring the database up to this version")
    .description(
      "Runs the pending migrations, each in a transaction, and lists them. Needs DATABASE_URL alone. Several at once wait for each other.",
    )
    .option("--dry-run", "list what would run, and change nothing")
    .addHelpText("after", "\nExamples:\n  $ chargly migrate --dry-run\n  $ chargly migrate")
    .action(async ({ dryRun = false }: { readonly dryRun?: boolean }) => {
      cli.print(await runMigrations(readDatabaseUrl(await cli.environment()), dryRun));
    });
}

async function runMigrations(url: string, dryRun: boolean): Promise<Answer> {
  const db = connectDatabase({
    url,
    poolMax,
    applicationName: "chargly-migrate",
    ...migrationTimeouts,
  });
  try {
    const unknown = await unknownMigrations(db);
    if (unknown.length > 0)
      throw new Refusal("conflict", {
        detail: `The database was migrated by a newer version of Chargly (${unknown.join(", ")}). Run that version, or a newer one.`,
      });
    const migrations = dryRun ? await pendingMigrations(db) : await migrate(db);
    return { json: { dryRun, migrations }, text: describe(migrations, dryRun) };
  } finally {
    await closeDatabase(db);
  }
}

function describe(migrations: readonly string[], dryRun: boolean): string {
  if (migrations.length === 0) return "The database is up to date.\n";
  const lines = migrations.map((name) => `  ${name}\n`).join("");
  const count = migrations.length === 1 ? "1 migration" : `${migrations.length} migrations`;
  return `${dryRun ? `${count} would run:` : `${count} ran:`}\n${lines}`;
}
