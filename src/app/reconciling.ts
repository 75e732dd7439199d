import { checkBooks } from "../ledger/check-books.js";
import type { Config } from "../platform/config/config.js";
import type { Database } from "../platform/db/connect.js";
import type { Ringer } from "../platform/jobs/ringer.js";
import { createStripeClients } from "../platform/stripe-client/stripe-clients.js";
import type { Reconciling } from "../reconciliation/context.js";
import { recordListedEvents } from "../stripe-events/record-listed.js";
import { subscribedTypes } from "../stripe-events/rules.js";

/** What reconciliation uses of the domains above and beside it. Without a ringer, the sweep rings for what it ingests. */
export function createReconciling({
  config,
  db,
  ringer,
}: {
  readonly config: Pick<Config, "stripe" | "reconcile">;
  readonly db: Database;
  readonly ringer?: Ringer;
}): Reconciling {
  return {
    pacedStripeClients: (pace) => createStripeClients(config.stripe.apiBase, pace),
    recordEvents: (trx, delivery) => recordListedEvents(trx, delivery, ringer),
    eventTypes: subscribedTypes,
    checkLedger: async () => {
      const checks = await checkBooks(db);
      return checks
        .filter(({ offenders }) => offenders > 0)
        .map(({ name, rule, offenders }) => ({
          name,
          rule,
          walletId: null,
          id: null,
          wrong: `${offenders} rows break it.`,
        }));
    },
    windowDays: config.reconcile.windowDays,
    healsMax: config.reconcile.healsMax,
  };
}
