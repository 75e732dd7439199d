import { CommanderError } from "commander";
import { Refusal } from "../../kernel/refusals.js";
import { DatabaseNotFit } from "../../platform/db/durability.js";
import { databaseErrorKind } from "../../platform/db/errors.js";
import { reasonOf } from "../../platform/queue/log.js";

/** How a command that did not succeed ends: `usage` is a mistake in the command line itself. */
export const exitCodes = { ok: 0, failed: 1, usage: 2 } as const;
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** What went wrong, for a script (`code`) and for a person (`detail`). */
export interface Failure {
  readonly exitCode: ExitCode;
  readonly code: string;
  readonly detail: string;
}

/** PostgreSQL's words for a table or a column that is not there. */
const missingTables = new Set(["42P01", "42703", "3F000"]);
/** Wrong password, no such role, no such database, not allowed to connect. */
const refusedConnections = /^(?:28...|3D000|42501)$/;

/** Sorts whatever a command threw. What is an operator's to fix has no stack; a bug has its whole story. */
export function failureOf(error: unknown): Failure {
  const failed = (code: string, detail: string): Failure => ({
    exitCode: exitCodes.failed,
    code,
    detail,
  });
  if (error instanceof CommanderError) return usageFailure(error.message);
  if (error instanceof Refusal) return failed(error.code, error.details.detail);
  if (error instanceof DatabaseNotFit) return failed("unavailable", error.message);
  const sqlState = sqlStateOf(error);
  if (missingTables.has(sqlState))
    return failed("unavailable", "The database lacks tables of this version. Run: chargly migrate");
  if (refusedConnections.test(sqlState))
    return failed(
      "unavailable",
      `The database refused: ${serverWords(error)}. Check DATABASE_URL.`,
    );
  if (databaseErrorKind(error) === "unavailable")
    return failed(
      "unavailable",
      `The database does not answer: ${reasonOf(error)}. Check DATABASE_URL, and that PostgreSQL runs.`,
    );
  if (isVaultError(error)) return failed("invalid_configuration", vaultDetail(error));
  return failed(
    "internal",
    error instanceof Error ? (error.stack ?? error.message) : String(error),
  );
}

export function usageFailure(message: string): Failure {
  const detail = message.replace(/^error: /, "");
  return { exitCode: exitCodes.usage, code: "usage", detail };
}

/** Objection keeps the server's own error in `nativeError`. */
function sqlStateOf(error: unknown): string {
  if (!(error instanceof Error)) return "";
  if ("nativeError" in error) return sqlStateOf(error.nativeError);
  return "code" in error && typeof error.code === "string" ? error.code : "";
}

/** Knex puts the statement before what the server said. */
function serverWords(error: unknown): string {
  return reasonOf(error).split(" - ").at(-1) ?? "";
}

function isVaultError(error: unknown): boolean {
  return /sealed with the master key|unable to authenticate data/.test(reasonOf(error));
}

function vaultDetail(error: unknown): string {
  const reason = reasonOf(error);
  return reason.startsWith("A secret is sealed")
    ? reason
    : "CHARGLY_MASTER_KEYS does not open what is stored: a key has the right name and other bytes. Use the keys that web and worker run with.";
}
