/**
 * The embedded server cannot run here, or not now. The message says what is wrong and the way out,
 * because a person reads it in a terminal.
 */
export class EmbeddedPostgresError extends Error {
  override readonly name = "EmbeddedPostgresError";
}

export const useDatabaseUrl = "Set DATABASE_URL to use a PostgreSQL server of your own.";

/** The `code` of a Node system error, such as `ENOENT`. */
export function systemErrorCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || !("code" in error)) return undefined;
  return typeof error.code === "string" ? error.code : undefined;
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
