import type { Database } from "./connect.js";
import { pendingMigrations, unknownMigrations } from "./migrate.js";

/** Something about the database that an operator must know before Chargly serves. */
export interface Problem {
  /** `refuse`: Chargly does not run like this. `note`: it runs, but the operator should know. */
  readonly severity: "refuse" | "note";
  readonly what: string;
  readonly why: string;
  readonly fix: string;
}

/** The database is not fit to keep money; `problems` says everything that is wrong, at once. */
export class DatabaseNotFit extends Error {
  override readonly name = "DatabaseNotFit";
  constructor(readonly problems: readonly Problem[]) {
    super(`The database is not fit to serve:\n${problems.map(asLine).join("\n")}`);
  }
}

const majorMin = 15;
const oldest = majorMin * 10_000;

interface DurabilityFacts {
  readonly fsync: string;
  readonly fullPageWrites: string;
  readonly synchronousCommit: string;
  readonly version: string;
  readonly versionNumber: string;
}

/** Compares the server's settings, as they hold for our own session, with what a ledger needs. */
export async function checkDurability(database: Database): Promise<readonly Problem[]> {
  const answer: { rows: DurabilityFacts[] } = await database.raw(`
    select current_setting('fsync') as "fsync",
           current_setting('full_page_writes') as "fullPageWrites",
           current_setting('synchronous_commit') as "synchronousCommit",
           current_setting('server_version') as "version",
           current_setting('server_version_num') as "versionNumber"`);
  return answer.rows.flatMap(durabilityProblems);
}

/** Pure, so that each combination can be tested without a server that has it. */
export function durabilityProblems(facts: DurabilityFacts): readonly Problem[] {
  return [
    ...(facts.fsync === "on" ? [] : [fsyncOff]),
    ...(facts.fullPageWrites === "on" ? [] : [fullPageWritesOff]),
    ...synchronousCommitProblems(facts.synchronousCommit),
    ...(Number(facts.versionNumber) >= oldest ? [] : [tooOld(facts.version)]),
  ];
}

/** Compares the migrations of this program with those that the database has seen. */
export async function checkMigrations(
  database: Database,
  folder?: string,
): Promise<readonly Problem[]> {
  const [pending, unknown] = await Promise.all([
    pendingMigrations(database, folder),
    unknownMigrations(database, folder),
  ]);
  return [
    ...(pending.length === 0 ? [] : [migrationsPending(pending)]),
    ...(unknown.length === 0 ? [] : [databaseIsNewer(unknown)]),
  ];
}

/**
 * Lets the process start only on a database that keeps what it acknowledges and has our tables. Answers the notes.
 *
 * @throws DatabaseNotFit with every problem at once.
 */
export async function assertBootable(
  database: Database,
  folder?: string,
): Promise<readonly Problem[]> {
  const durability = await checkDurability(database);
  const problems = [...durability, ...(await checkMigrations(database, folder))];
  const refused = problems.filter((problem) => problem.severity === "refuse");
  if (refused.length > 0) throw new DatabaseNotFit(refused);
  return problems;
}

const fsyncOff: Problem = {
  severity: "refuse",
  what: "fsync is off.",
  why: "A power cut can destroy the whole database, with every balance in it.",
  fix: "Set fsync = on in postgresql.conf and reload.",
};

const fullPageWritesOff: Problem = {
  severity: "refuse",
  what: "full_page_writes is off.",
  why: "A power cut can leave half-written pages that recovery cannot repair.",
  fix: "Set full_page_writes = on in postgresql.conf and reload.",
};

function synchronousCommitProblems(setting: string): readonly Problem[] {
  if (setting === "on" || setting === "remote_write" || setting === "remote_apply") return [];
  if (setting === "local") return [commitsLocally];
  return [
    {
      severity: "refuse",
      what: `synchronous_commit is ${setting}.`,
      why: "A crash loses payments and usage that were already acknowledged.",
      fix: "Set synchronous_commit = on for the server, and remove settings of the role or the database that differ (alter role ... reset synchronous_commit).",
    },
  ];
}

const commitsLocally: Problem = {
  severity: "note",
  what: "synchronous_commit is local.",
  why: "What was acknowledged is on the disk of this server only; a failover to a standby can lose the newest of it.",
  fix: "Set synchronous_commit = on when there are synchronous standbys.",
};

function tooOld(version: string): Problem {
  return {
    severity: "refuse",
    what: `The server is PostgreSQL ${version}.`,
    why: `Chargly needs PostgreSQL ${majorMin} or newer.`,
    fix: "Upgrade the server, or set DATABASE_URL to a newer one.",
  };
}

function migrationsPending(names: readonly string[]): Problem {
  return {
    severity: "refuse",
    what: `${names.length} migrations have not run: ${names.join(", ")}.`,
    why: "The tables are not the ones that this version expects.",
    fix: "Run the release process (npx chargly migrate) before the others start.",
  };
}

function databaseIsNewer(names: readonly string[]): Problem {
  return {
    severity: "refuse",
    what: `The database has migrations that this version does not know: ${names.join(", ")}.`,
    why: "A newer version of Chargly has changed the tables, and this one could write what it does not understand.",
    fix: "Start the version that made them, or a newer one.",
  };
}

function asLine(problem: Problem): string {
  return `- ${problem.what} ${problem.why} ${problem.fix}`;
}
