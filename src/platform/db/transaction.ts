import { setTimeout as sleep } from "node:timers/promises";
import { assert } from "../../kernel/assert.js";
import type { Database, Trx } from "./connect.js";
import { databaseErrorKind } from "./errors.js";

export interface TransactionOptions {
  /** READ COMMITTED unless told otherwise: rows are locked by name, in one order. */
  readonly isolation?: "read committed" | "repeatable read" | "serializable";
  /** The server refuses to write. */
  readonly readOnly?: boolean;
  /** How often the work may run again after it lost against another transaction. */
  readonly retries?: number;
}

const retriesDefault = 3;
const retriesMax = 10;
const pauseBaseMs = 10;
const pauseMaxMs = 250;

/**
 * Runs the work in one transaction and answers what it answers. When the server reports a serialization failure
 * or a deadlock, all of it was undone, and the work runs again after a short random pause. So the work must do
 * nothing but talk to `trx`. Any other error rolls back and is thrown as it is.
 */
export async function inTransaction<T>(
  database: Database,
  work: (trx: Trx) => Promise<T>,
  options: TransactionOptions = {},
): Promise<T> {
  assert(!database.isTransaction, "a transaction is not opened within another");
  const isolationLevel = options.isolation ?? "read committed";
  const readOnly = options.readOnly ?? false;
  return retryConflicts(
    () => database.transaction(work, { isolationLevel, readOnly }),
    options.retries,
  );
}

/** Runs a transaction again, after a short random pause, when it lost against another one and all of it was undone. */
export async function retryConflicts<T>(
  transaction: () => Promise<T>,
  retries: number = retriesDefault,
): Promise<T> {
  assert(retries >= 0 && retries <= retriesMax, `retries are between 0 and ${retriesMax}`);
  for (let attempt = 0; ; attempt++) {
    try {
      return await transaction();
    } catch (error) {
      if (databaseErrorKind(error) !== "conflict" || attempt >= retries) throw error;
      await sleep(pauseMs(attempt));
    }
  }
}

/** Random, so that two that met do not meet again. */
function pauseMs(attempt: number): number {
  return Math.random() * Math.min(pauseMaxMs, pauseBaseMs * 2 ** (attempt + 1));
}
