import { type Credits, zeroCredits } from "../kernel/credits.js";
import type { ProjectId, WalletId } from "../kernel/ids.js";
import { Refusal } from "../kernel/refusals.js";
import type { Database, Trx } from "../platform/db/connect.js";
import { selectSummary, type SummaryLine, summaryLinesMax } from "./store/usage.js";

const dayMs = 86_400_000;
const daysDefault = 30;
const daysMax = 92;

export interface UsageSummary {
  readonly from: Date;
  readonly to: Date;
  readonly lines: readonly SummaryLine[];
  readonly events: number;
  readonly credits: Credits;
}

/**
 * What the usage of a time came to, by event, model and day of acceptance (UTC). Credits are those that were taken.
 * Throws `invalid_request` for what has too many lines or days: a summary is complete, or there is none.
 *
 * @param asked `walletId: null` is a customer without a wallet, who used nothing
 */
export async function summarizeUsage(
  db: Database | Trx,
  projectId: ProjectId,
  asked: {
    readonly walletId: WalletId | null | undefined;
    readonly event: string | undefined;
    readonly from: Date | undefined;
    readonly to: Date | undefined;
  },
): Promise<UsageSummary> {
  const { walletId, event } = asked;
  const to = asked.to ?? new Date(Date.now() + 1_000);
  const from = asked.from ?? new Date(to.getTime() - daysDefault * dayMs);
  if (from >= to)
    throw new Refusal("invalid_request", {
      param: "from",
      detail: "Send a `from` that is earlier than `to`.",
    });
  if (to.getTime() - from.getTime() > daysMax * dayMs)
    throw new Refusal("invalid_request", {
      param: "from",
      detail: `A summary covers at most ${daysMax} days. Ask for it in parts.`,
    });
  if (walletId === null) return { from, to, lines: [], events: 0, credits: zeroCredits };
  const { total, lines } = await selectSummary(db, projectId, { walletId, event, from, to });
  if (lines.length > summaryLinesMax)
    throw new Refusal("invalid_request", {
      detail: `This summary has more than ${summaryLinesMax} lines. Ask for it in parts: a shorter time, one event or one customer.`,
    });
  return { from, to, lines, events: total.events, credits: total.credits };
}
