import { Refusal } from "../kernel/refusals.js";
import { createCoalescer } from "../platform/batching/coalesce.js";
import { databaseErrorKind } from "../platform/db/errors.js";
import type { Ended } from "../platform/http/idempotency/answer-each.js";
import type { JsonReply } from "../platform/http/reply.js";
import { actOnHolds, type HoldsContext } from "./act-on-holds.js";
import type { HoldCall } from "./hold-call.js";

/** Acts on a hold, together with whoever asks at the same moment; the refusal is thrown. */
export type ActOnHold = (call: HoldCall) => Promise<JsonReply>;

const callsPerTransaction = 50;
const transactionsMax = 3;
const callsWaitingMax = 5_000;

/**
 * Callers of a project who ask at the same moment share a transaction, so that many of them on one wallet do not queue
 * up for its lock with a connection each. A lone one waits for nobody.
 */
export function createHoldDesk(ctx: HoldsContext): ActOnHold {
  const calls = createCoalescer<HoldCall, Ended>({
    batchMax: callsPerTransaction,
    keyOf: ({ projectId }) => projectId,
    flushesMax: transactionsMax,
    waitingMax: callsWaitingMax,
    // A connection that was lost may have committed, so what was on it is not asked for again.
    isolates: (error) => databaseErrorKind(error) !== "unavailable",
    flush: (batch) => actOnHolds(ctx, batch),
  });
  return async (call) => {
    if (call.act === "place") refuseUnpriced(call.order);
    const end = await calls.add(call);
    if (end instanceof Refusal) throw end;
    return end;
  };
}

function refuseUnpriced({ credits, quoteId }: { credits?: unknown; quoteId?: unknown }): void {
  if ((credits === undefined) !== (quoteId === undefined)) return;
  throw new Refusal("invalid_request", {
    param: "credits",
    detail: "Send either credits or quoteId, to say how much is set aside.",
  });
}
