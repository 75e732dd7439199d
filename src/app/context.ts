import { LRUCache } from "lru-cache";
import type { ProjectId } from "../kernel/ids.js";
import { createSettlementWatch, type SettlementWatch } from "../checkout/wait-for-checkout.js";
import { systemClock } from "../kernel/clock.js";
import { createWalletIds } from "../ledger/wallet-ids.js";
import type { UsageDoor } from "../metering/answer-usage.js";
import { createHoldDesk } from "../holds/create-hold-desk.js";
import type { HoldContext } from "../holds/routes.js";
import { createRecorder } from "../metering/create-recorder.js";
import { createUsageDesk } from "../metering/create-usage-desk.js";
import { watchBacklog } from "../metering/watch-backlog.js";
import type { IntegrityContext } from "../integrity/context.js";
import type { Config } from "../platform/config/config.js";
import type { Context } from "../platform/context.js";
import {
  closeDatabase,
  connectDatabase,
  type Database,
  type DatabaseOptions,
} from "../platform/db/connect.js";
import { connectForAudit } from "../platform/db/connect-for-audit.js";
import { createRinger, type Ringer } from "../platform/jobs/ringer.js";
import { createLog } from "../platform/log/create-log.js";
import { createMetrics, type Metrics } from "../platform/metrics/create-metrics.js";
import { openQueueEngine, type QueueEngine } from "../platform/queue/engine.js";
import { createStripeClients } from "../platform/stripe-client/stripe-clients.js";
import { createVault } from "../platform/vault/vault.js";
import { createRateCards } from "../rating/create-rate-cards.js";
import type { RatingContext } from "../rating/routes.js";
import { askForRun } from "../reconciliation/ask-for-run.js";
import type { ReconcileContext } from "../reconciliation/context.js";
import type { ProcessContext } from "../stripe-events/process-events.js";
import { paymentOrigins, type StorefrontContext } from "../storefront/context.js";
import { invariants } from "./invariants.js";
import { createReconciling } from "./reconciling.js";
import { stripeHandlers } from "./stripe-handlers.js";

/** Everything that a process of Chargly holds open. */
export interface AppContext
  extends Context,
    IntegrityContext,
    ProcessContext,
    RatingContext,
    HoldContext,
    ReconcileContext,
    StorefrontContext,
    UsageDoor {
  readonly config: Config;
  readonly databaseUrl: string;
  readonly engine: QueueEngine;
  readonly metrics: Metrics;
  /** For the Stripe receiver alone: few connections, short timeouts. */
  readonly inboxDb: Database;
  readonly settlementWatch: SettlementWatch;
  /** Closes what this opened, after the work is done. */
  readonly close: () => Promise<void>;
}

const inboxPoolMax = 4;
/** Projects whose rate card in force is remembered. */
const projectsMax = 10_000;

/** Opens the database pools and the queue for one process. A server that is down is no error here. */
export async function openContext(
  config: Config,
  { name, databaseUrl }: { readonly name: string; readonly databaseUrl: string },
): Promise<AppContext> {
  const log = createLog({ level: config.logLevel, name, pretty: config.logFormat === "pretty" });
  const pools = openPools(config, { url: databaseUrl, name, log });
  const { db } = pools;
  const redisUrl = config.redisUrl?.reveal();
  const engine = await openQueueEngine({ databaseUrl, redisUrl, log });
  const metering = {
    db,
    log,
    ringer: createRinger(engine),
    metrics: createMetrics({ processMetrics: true }),
    rateCards: createRateCards(),
    walletIds: createWalletIds(),
    cardVersions: new LRUCache<ProjectId, number>({ max: projectsMax }),
  };
  const backlog = watchBacklog(metering, { lagMaxSeconds: config.usageLagMaxSeconds });
  return {
    ...metering,
    usageDesk: createUsageDesk(metering),
    recordWaited: createRecorder(metering),
    actOnHold: createHoldDesk(metering),
    backlog,
    config,
    databaseUrl,
    ...pools,
    invariants,
    engine,
    clock: systemClock,
    vault: createVault(config.masterKeys.map(({ id, key }) => ({ id, bytes: key.reveal() }))),
    stripeClients: createStripeClients(config.stripe.apiBase),
    publicUrl: config.publicUrl,
    stripeHandlers,
    reconciling: createReconciling({
      config,
      books: { db, auditDb: pools.auditDb, log },
      ringer: metering.ringer,
    }),
    onPaused: (projectIds) => lookForCases(metering.ringer, projectIds),
    formOrigins: paymentOrigins(config.stripe.apiBase),
    settlementWatch: createSettlementWatch({ db, log }),
    close: async () => {
      backlog.stop();
      await engine.close();
      await Promise.all(Object.values(pools).map(closeDatabase));
    },
  };
}

/** What is broken in a project is written down as cases by the ledger's ring of reconciliation, once it is paused. */
async function lookForCases(ringer: Ringer, projectIds: readonly ProjectId[]): Promise<void> {
  for (const projectId of projectIds) await askForRun({ ringer }, { projectId, ring: "ledger" });
}

function openPools(
  { databasePoolMax: poolMax }: Config,
  { name, ...on }: Pick<DatabaseOptions, "url" | "log"> & { readonly name: string },
): Pick<AppContext, "db" | "inboxDb" | "auditDb"> {
  const applicationName = `chargly-${name}`;
  return {
    db: connectDatabase({ ...on, poolMax, applicationName }),
    inboxDb: connectDatabase({
      ...on,
      poolMax: inboxPoolMax,
      applicationName: `${applicationName}-inbox`,
      acquireTimeoutMs: 1_000,
      queryTimeoutMs: 1_500,
      statementTimeoutMs: 1_200,
    }),
    auditDb: connectForAudit({ ...on, applicationName: `${applicationName}-audit` }),
  };
}
