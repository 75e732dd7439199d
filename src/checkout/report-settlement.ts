import { formatCredits } from "../kernel/credits.js";
import { publicId } from "../kernel/ids.js";
import type { Context } from "../platform/context.js";
import type { Reversal } from "./returns/post-reversal.js";
import type { Purchase } from "./rules.js";

/** Logs what settling changed. What a person should look at has an `alert` of a stable name. */
export function reportSettlement(
  { log }: Pick<Context, "log">,
  before: Purchase,
  after: Purchase,
  { amount, owed }: Reversal,
): void {
  const purchase = publicId("purchase", after.id);
  const isHeld = after.quarantinedAt !== null;
  if (isHeld && before.quarantinedAt === null)
    log.error(
      { alert: "purchase_quarantined", purchase, problem: after.problem },
      "a payment was not credited and waits for an operator",
    );
  else if (after.state !== before.state)
    log.info({ purchase, from: before.state, to: after.state }, "purchase settled");
  if (!isHeld && after.granted > 0n && after.problem !== null && after.problem !== before.problem)
    log.error(
      { alert: "reversal_unclear", purchase, problem: after.problem },
      "what went back of a payment is not clear; its credits stay as they are",
    );
  if (after.disputed && !before.disputed)
    log.warn({ alert: "purchase_disputed", purchase }, "a dispute withholds money of a payment");
  if (amount === 0n) return;
  const credits = formatCredits(amount);
  log.info({ purchase, credits }, amount > 0n ? "credits taken back" : "credits given back");
  if (owed > 0n)
    log.warn(
      { alert: "wallet_in_debt", purchase, credits: formatCredits(owed) },
      "credits that were paid back had been spent; the wallet owes them",
    );
}
