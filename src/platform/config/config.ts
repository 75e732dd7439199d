import type { LogLevel } from "../log/create-log.js";
import type { MasterKeys } from "./master-keys.js";
import type { Secret } from "./secret.js";
import type { Variables } from "./variables.js";

/** The whole configuration of a process, checked. Secrets in it do not print. */
export interface Config {
  readonly masterKeys: MasterKeys;
  /** Unset: the embedded database. */
  readonly databaseUrl: Secret | undefined;
  readonly databasePoolMax: number;
  /** Unset: the queue lives in PostgreSQL. */
  readonly redisUrl: Secret | undefined;
  readonly host: string;
  readonly port: number;
  /** Without a slash at the end. */
  readonly publicUrl: string;
  readonly trustProxy: number | string | false;
  readonly operator: { readonly user: string; readonly password: Secret | undefined };
  readonly stripe: {
    readonly secretKey: Secret | undefined;
    readonly webhookSecrets: readonly Secret[];
    readonly account: string | undefined;
    /** Only ever on this machine: the simulator. */
    readonly apiBase: string | undefined;
  };
  readonly project: {
    readonly name: string;
    readonly apiKey: Secret | undefined;
    /** Unset: a project keeps the origins that it has. */
    readonly allowedOrigins: readonly string[] | undefined;
  };
  readonly rateLimitPerSecond: number;
  readonly usageLagMaxSeconds: number;
  readonly reconcile: {
    readonly eventsSeconds: number;
    readonly objectsSeconds: number;
    readonly fullSeconds: number;
    readonly ledgerSeconds: number;
    readonly windowDays: number;
    readonly healsMax: number;
  };
  readonly workerConcurrency: number;
  readonly healthPort: number | undefined;
  readonly metricsToken: Secret | undefined;
  readonly logLevel: LogLevel;
  readonly logFormat: "json" | "pretty";
  readonly shutdownTimeoutMs: number;
}

export function configOf(read: Variables): Config {
  return {
    masterKeys: read.CHARGLY_MASTER_KEYS,
    databaseUrl: read.DATABASE_URL,
    databasePoolMax: read.DATABASE_POOL_MAX,
    redisUrl: read.REDIS_URL,
    host: read.HOST,
    port: read.PORT,
    publicUrl: read.PUBLIC_URL ?? `http://localhost:${read.PORT}`,
    trustProxy: read.TRUST_PROXY,
    operator: { user: read.OPERATOR_USER, password: read.OPERATOR_PASSWORD },
    stripe: {
      secretKey: read.STRIPE_SECRET_KEY,
      webhookSecrets: read.STRIPE_WEBHOOK_SECRET ?? [],
      account: read.STRIPE_ACCOUNT,
      apiBase: read.STRIPE_API_BASE,
    },
    project: {
      name: read.PROJECT_NAME,
      apiKey: read.PROJECT_API_KEY,
      allowedOrigins: read.ALLOWED_ORIGINS,
    },
    rateLimitPerSecond: read.RATE_LIMIT_PER_SECOND,
    usageLagMaxSeconds: read.USAGE_LAG_MAX_SECONDS,
    reconcile: {
      eventsSeconds: read.RECONCILE_EVENTS_SECONDS,
      objectsSeconds: read.RECONCILE_OBJECTS_SECONDS,
      fullSeconds: read.RECONCILE_FULL_SECONDS,
      ledgerSeconds: read.RECONCILE_LEDGER_SECONDS,
      windowDays: read.RECONCILE_WINDOW_DAYS,
      healsMax: read.RECONCILE_HEALS_MAX,
    },
    workerConcurrency: read.WORKER_CONCURRENCY,
    healthPort: read.HEALTH_PORT,
    metricsToken: read.METRICS_TOKEN,
    logLevel: read.LOG_LEVEL,
    logFormat: read.LOG_FORMAT,
    shutdownTimeoutMs: read.SHUTDOWN_TIMEOUT_SECONDS * 1000,
  };
}
