import type { LRUCache } from "lru-cache";
import type { ProjectId } from "../kernel/ids.js";
import type { WalletIds } from "../ledger/wallet-ids.js";
import type { Context } from "../platform/context.js";
import type { Metrics } from "../platform/metrics/create-metrics.js";
import type { RateCards } from "../rating/create-rate-cards.js";

/** What metering needs of its process. */
export interface MeteringContext extends Pick<Context, "db" | "log" | "ringer"> {
  readonly metrics: Metrics;
  readonly rateCards: RateCards;
  readonly walletIds: WalletIds;
  /** The rate card in force as this process saw it last. What is priced by it is checked when it is written. */
  readonly cardVersions: LRUCache<ProjectId, number>;
}
