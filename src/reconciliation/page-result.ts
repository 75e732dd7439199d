import type { Trx } from "../platform/db/connect.js";
import type { Counts, Difference, Sums } from "./rules.js";

/** What one page came to, to be committed together with the place to go on. */
export interface PageResult {
  readonly counts: Counts;
  readonly sums: Sums;
  /** Where to go on in the same list, or null at its end. */
  readonly next: string | null;
  readonly differences: readonly Difference[];
  /** Writes the differences, in the transaction that moves the cursor. Answers what that changed. */
  readonly write: (trx: Trx) => Promise<Counts>;
  /** After the commit. */
  readonly afterwards?: () => Promise<void>;
}
