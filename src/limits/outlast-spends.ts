import { setTimeout as pause } from "node:timers/promises";
import { Refusal } from "../kernel/refusals.js";
import type { Database } from "../platform/db/connect.js";
import { selectSpending } from "./store.js";

const lookEveryMs = 5;
/** The database ends a transaction in which nothing happens after five seconds. */
const waitMs = 6_000;

/**
 * Waits until every spend that was under way has ended. Spends lock the limits of a key only when it has some, so
 * those that looked before the first ones were committed do not know of them; all that begin now do.
 *
 * @throws Refusal `wallet_busy` when one does not end in time
 */
export async function outlastSpends(db: Database): Promise<void> {
  const before = new Set(await selectSpending(db));
  for (
    let endMs = performance.now() + waitMs, left = before.size;
    left > 0;
    left = (await selectSpending(db)).filter((id) => before.has(id)).length
  ) {
    if (performance.now() > endMs) throw stillSpending();
    await pause(lookEveryMs);
  }
}

function stillSpending(): Refusal {
  return new Refusal("wallet_busy", {
    detail:
      "The limits are set, but a spend that began before them has not ended yet and does not count. Send the same again.",
    retryAfterSeconds: 1,
  });
}
