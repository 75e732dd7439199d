import { type Credits, sumCredits } from "../kernel/credits.js";
import type { ProjectId, WalletId } from "../kernel/ids.js";
import { Refusal } from "../kernel/refusals.js";
import type { Database, Trx } from "../platform/db/connect.js";
import { selectSummary, type SummaryLine } from "./store/usage.js";

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
  const lines =
    walletId === null ? [] : await selectSummary(db, projectId, { walletId, event, from, to });
  return {
    from,
    to,
    lines,
    events: lines.reduce((sum, line) => sum + line.events, 0),
    credits: sumCredits(lines.map((line) => line.credits)),
  };
}
