import { assert } from "../../../kernel/assert.js";
import type { Database, Trx } from "../../db/connect.js";
import { inTransaction } from "../../db/transaction.js";
import type { Reply } from "../reply.js";
import type { Idempotency } from "./idempotency.js";
import { inFlight, takeKey } from "./key-state.js";
import { assertStorable, replayOf, storeAnswer } from "./store.js";

/**
 * Does the work and keeps its answer in one transaction, so that the key commits with the effect. A request with the
 * same key waits for it and gets the same answer, with `Idempotent-Replayed: true`. What `work` throws rolls
 * everything back, the key too, so a retry starts afresh. Without a key it is a plain transaction.
 * `work` may run again after a deadlock, so it talks to `trx` only; see {@link claimKey} for network calls.
 */
export async function answerOnce(
  database: Database,
  idempotency: Idempotency | undefined,
  work: (trx: Trx) => Promise<Reply>,
): Promise<Reply> {
  if (idempotency === undefined) return inTransaction(database, work);
  return inTransaction(database, async (trx) => {
    const earlier = await takeKey(trx, idempotency, { resource: null, leaseSeconds: 0 });
    if (earlier?.state === "done") return replayOf(earlier);
    // An open row belongs to the two-step shape, or to a step of it that died.
    if (earlier !== undefined && earlier.leaseSeconds > 0) throw inFlight(earlier.leaseSeconds);
    const reply = await work(trx);
    assertStorable(reply);
    assert(await storeAnswer(trx, idempotency, reply), "a key that is held is open");
    return reply;
  });
}
