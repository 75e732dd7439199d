import { Refusal } from "../../../kernel/refusals.js";
import type { Trx } from "../../db/connect.js";
import { databaseErrorKind } from "../../db/errors.js";
import type { Idempotency } from "./idempotency.js";
import { insertKey, type KeyRow, lockKey, type NewKey } from "./store.js";
export type { KeyRow } from "./store.js";

const takesMax = 3;

/**
 * Takes a key, or answers the row of whoever had it before. Throws `idempotency_key_reused` when that was another
 * request, and `request_in_flight` when it does not end within `lock_timeout`.
 */
export async function takeKey(
  trx: Trx,
  idempotency: Idempotency,
  wanted: NewKey,
): Promise<KeyRow | undefined> {
  for (let take = 1; take <= takesMax; take++) {
    const row = await takeOnce(trx, idempotency, wanted);
    if (row === "free") return undefined;
    if (row === undefined) continue; // swept between the two statements
    if (!row.fingerprint.equals(idempotency.fingerprint)) throw reused();
    return row;
  }
  throw inFlight(1);
}

async function takeOnce(trx: Trx, idempotency: Idempotency, wanted: NewKey) {
  try {
    if (await insertKey(trx, idempotency, wanted)) return "free";
    return await lockKey(trx, idempotency);
  } catch (error) {
    if (databaseErrorKind(error) === "lock_timeout") throw inFlight(1);
    throw error;
  }
}

export function inFlight(retryAfterSeconds: number): Refusal {
  return new Refusal("request_in_flight", {
    detail: "A request with this Idempotency-Key is still being processed. Retry it unchanged.",
    retryAfterSeconds: Math.max(1, Math.ceil(retryAfterSeconds)),
  });
}

export function reused(): Refusal {
  return new Refusal("idempotency_key_reused", {
    detail: "This Idempotency-Key was used for another request. Use a new key for a new request.",
    param: "Idempotency-Key",
  });
}
