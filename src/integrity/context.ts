import type { ProjectId } from "../kernel/ids.js";
import type { Invariant } from "../ledger/invariants/invariant.js";
import type { Context } from "../platform/context.js";
import type { Database } from "../platform/db/connect.js";
import type { Metrics } from "../platform/metrics/create-metrics.js";

/** What asking the books needs. */
export interface BooksContext extends Pick<Context, "db"> {
  /** For questions that take long. */
  readonly auditDb: Database;
  /** Of all domains: `app` has the list. */
  readonly invariants: readonly Invariant[];
}

export interface IntegrityContext extends BooksContext, Pick<Context, "log"> {
  readonly metrics: Metrics;
  /** Told of each project that a look has paused. */
  readonly onPaused: (projectIds: readonly ProjectId[]) => Promise<void>;
}
