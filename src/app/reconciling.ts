import { checkProject } from "../integrity/check-project.js";
import type { BooksContext, IntegrityContext } from "../integrity/context.js";
import { brokenOf, type CheckedInvariant } from "../ledger/check-invariants.js";
import type { Config } from "../platform/config/config.js";
import type { Ringer } from "../platform/jobs/ringer.js";
import { createStripeClients } from "../platform/stripe-client/stripe-clients.js";
import type { LedgerOffender, Reconciling } from "../reconciliation/context.js";
import { ringForEvents } from "../stripe-events/jobs.js";
import { recordListedEvents } from "../stripe-events/record-listed.js";
import { subscribedTypes } from "../stripe-events/rules.js";
import { invariants } from "./invariants.js";

interface Surroundings {
  readonly config: Pick<Config, "stripe" | "reconcile">;
  readonly books: Omit<BooksContext, "invariants"> & Pick<IntegrityContext, "log">;
  /** Without one, the sweep rings for what is ingested. */
  readonly ringer?: Ringer;
}

/** What reconciliation uses of the domains above and beside it. */
export function createReconciling({ config, books, ringer }: Surroundings): Reconciling {
  return {
    pacedStripeClients: (pace) => createStripeClients(config.stripe.apiBase, pace),
    recordEvents: recordListedEvents,
    ringForEvents: async (tickets) => {
      if (ringer !== undefined) await ringForEvents(ringer, tickets);
    },
    eventTypes: subscribedTypes,
    ledgerRules: invariants.map(({ name }) => name),
    checkLedger: async ({ rules, dryRun, ...of }) => {
      const look = { ...of, only: rules, pauses: !dryRun };
      const checked = await checkProject({ ...books, invariants }, look);
      return brokenOf(checked).flatMap(offendersOf);
    },
    windowDays: config.reconcile.windowDays,
    healsMax: config.reconcile.healsMax,
  };
}

/** The examples, and one more that says how many there are when not all of them are told. */
function offendersOf({ name, rule, offenders, examples }: CheckedInvariant): LedgerOffender[] {
  const told = examples.map(({ walletId, id, wrong }) => ({ name, rule, walletId, id, wrong }));
  if (told.length === offenders) return told;
  const wrong = `${offenders} rows break it; the first ${told.length} are listed beside this.`;
  return [...told, { name, rule, walletId: null, id: null, wrong }];
}
