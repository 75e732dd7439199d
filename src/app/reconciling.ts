import { brokenOf, type CheckedInvariant, checkInvariants } from "../ledger/check-invariants.js";
import type { Config } from "../platform/config/config.js";
import { closeDatabase } from "../platform/db/connect.js";
import { connectForAudit } from "../platform/db/connect-for-audit.js";
import type { Ringer } from "../platform/jobs/ringer.js";
import { createStripeClients } from "../platform/stripe-client/stripe-clients.js";
import type { LedgerOffender, LedgerQuestion, Reconciling } from "../reconciliation/context.js";
import { ringForEvents } from "../stripe-events/jobs.js";
import { recordListedEvents } from "../stripe-events/record-listed.js";
import { subscribedTypes } from "../stripe-events/rules.js";
import { invariants } from "./invariants.js";

interface Surroundings {
  readonly config: Pick<Config, "stripe" | "reconcile">;
  readonly databaseUrl: string;
  /** Without one, the sweep rings for what is ingested. */
  readonly ringer?: Ringer;
}

/** What reconciliation uses of the domains above and beside it. */
export function createReconciling({ config, databaseUrl, ringer }: Surroundings): Reconciling {
  return {
    pacedStripeClients: (pace) => createStripeClients(config.stripe.apiBase, pace),
    recordEvents: recordListedEvents,
    ringForEvents: async (tickets) => {
      if (ringer !== undefined) await ringForEvents(ringer, tickets);
    },
    eventTypes: subscribedTypes,
    checkLedger: (question) => checkLedger(databaseUrl, question),
    windowDays: config.reconcile.windowDays,
    healsMax: config.reconcile.healsMax,
  };
}

async function checkLedger(
  databaseUrl: string,
  { projectId, since, signal }: LedgerQuestion,
): Promise<readonly LedgerOffender[]> {
  const db = connectForAudit({ url: databaseUrl, applicationName: "chargly-audit" });
  try {
    return brokenOf(await checkInvariants(db, { invariants, projectId, since, signal })).flatMap(
      offendersOf,
    );
  } finally {
    await closeDatabase(db);
  }
}

/** The examples, and one more that says how many there are when not all of them are told. */
function offendersOf({ name, rule, offenders, examples }: CheckedInvariant): LedgerOffender[] {
  const told = examples.map(({ walletId, id, wrong }) => ({ name, rule, walletId, id, wrong }));
  if (told.length === offenders) return told;
  const wrong = `${offenders} rows break it; the first ${told.length} are listed beside this.`;
  return [...told, { name, rule, walletId: null, id: null, wrong }];
}
