import { type Credits, sumCredits } from "../kernel/credits.js";
import { Refusal } from "../kernel/refusals.js";
import type { Posting, Transfer } from "../ledger/decide.js";
import type { Hold } from "../ledger/read-hold.js";
import { endedDetails } from "./rules.js";

/** A hold after transfers that name it, as the database will have it; `endedAt` is the time of the decision. */
export function holdAfter(hold: Hold, { transfers }: Posting, now: Date): Hold {
  const own = transfers.filter(({ holdId }) => holdId === hold.id);
  const moved = (kind: Transfer["kind"]): Credits =>
    sumCredits(own.flatMap((transfer) => (transfer.kind === kind ? transfer.amount : [])));
  const captured = sumCredits([hold.captured, moved("capture")]);
  const released = sumCredits([hold.released, moved("release")]);
  if (captured + released < hold.amount) return { ...hold, captured, released };
  const cause = own.at(-1)?.cause.type;
  const state = cause === "release" ? "released" : cause === "expiry" ? "expired" : "captured";
  return { ...hold, captured, released, state, endedAt: now };
}

/** Says in which state a hold is that is not open. One that is open in the books is refused because its time is over. */
export function withState(refusal: Refusal, { state: inBooks }: Hold): Refusal {
  if (refusal.code !== "hold_not_open") return refusal;
  const state = inBooks === "open" ? "expired" : inBooks;
  return new Refusal("hold_not_open", { detail: endedDetails[state], extra: { state } });
}
