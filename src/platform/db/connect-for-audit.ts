import { connectDatabase, type Database, type DatabaseOptions } from "./connect.js";

/** A question to all of the books may take so long. */
const statementMaxMs = 1_800_000;
const graceMs = 5_000;
/** More would only slow each other and everybody else down. */
const poolMax = 2;
const acquireMaxMs = 60_000;

/** A pool for questions that read whole tables. Nothing that a caller waits for belongs on it. */
export function connectForAudit(
  options: Pick<DatabaseOptions, "url" | "applicationName" | "log">,
): Database {
  return connectDatabase({
    ...options,
    poolMax,
    acquireTimeoutMs: acquireMaxMs,
    statementTimeoutMs: statementMaxMs,
    queryTimeoutMs: statementMaxMs + graceMs,
  });
}
