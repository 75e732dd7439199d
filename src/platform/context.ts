import type { Logger } from "pino";
import type { Clock } from "../kernel/clock.js";
import type { Database } from "./db/connect.js";
import type { Ringer } from "./jobs/ringer.js";
import type { StripeClients } from "./stripe-client/stripe-clients.js";
import type { Vault } from "./vault/vault.js";

/** What every use case may reach for. One per process, built by `app/`. */
export interface Context {
  readonly db: Database;
  readonly log: Logger;
  readonly clock: Clock;
  readonly vault: Vault;
  readonly stripeClients: StripeClients;
  /** Rings for jobs whose rows are already committed. */
  readonly ringer: Ringer;
  /** Where people and Stripe reach this Chargly, without a slash at the end. */
  readonly publicUrl: string;
}
