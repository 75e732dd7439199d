import type { RefusalDetails } from "../../kernel/refusals.js";

/** What the documentation says of one code, and a problem of it as an example. */
export interface RefusalWords {
  readonly happened: string;
  readonly fix: string;
  readonly example: Omit<RefusalDetails, "retryAfterSeconds">;
}
