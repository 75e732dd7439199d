import { z } from "zod";
import { logLevels } from "../log/create-log.js";
import { masterKeyList } from "./master-keys.js";
import {
  httpsOrLoopback,
  listOf,
  loopbackAddress,
  matching,
  oneOf,
  origin,
  proxyTrust,
  type Reader,
  secretMatching,
  secretUrl,
  wholeNumber,
} from "./readers.js";

interface About {
  readonly about: string;
  readonly example: string;
  /** Never shown, and may come from a file that `NAME_FILE` names. */
  readonly secret?: boolean;
}

function needed<T>(schema: Reader<T>, about: About) {
  return schema.meta({ ...about, required: true });
}

function optional<T>(schema: Reader<T>, about: About) {
  return schema.optional().meta({ ...about, required: false });
}

function usual<T>(schema: Reader<T>, defaultText: string, about: About) {
  return schema.prefault(defaultText).meta({ ...about, required: false, defaultText });
}

const secret = true;

/** Every variable that Chargly reads, in the order of the documentation. */
export const configSchema = z.object({
  CHARGLY_MASTER_KEYS: needed(masterKeyList, {
    about:
      "Keys that protect API keys and Stripe secrets in the database, as a comma list of id:base64 of 32 random bytes. The first one signs and encrypts, all of them verify and decrypt. Make one with: openssl rand -base64 32",
    example: "k1:(output of openssl rand -base64 32)",
    secret,
  }),
  DATABASE_URL: optional(secretUrl("postgres:", "postgresql:"), {
    about: "PostgreSQL 15 or newer. Without it Chargly starts a private one under .chargly/.",
    example: "postgres://chargly:PASSWORD@db.internal:5432/chargly",
    secret,
  }),
  DATABASE_POOL_MAX: usual(wholeNumber(2, 200), "10", {
    about: "Most database connections of one process.",
    example: "20",
  }),
  REDIS_URL: optional(secretUrl("redis:", "rediss:"), {
    about: "Redis for the job queue. Without it the queue lives in PostgreSQL.",
    example: "redis://:PASSWORD@redis.internal:6379/0",
    secret,
  }),
  HOST: usual(matching(/^[A-Za-z0-9.:_-]{1,253}$/, "a host name or an IP address"), "127.0.0.1", {
    about:
      "Address that web listens on. Use 0.0.0.0 in a container or behind a proxy on another host.",
    example: "0.0.0.0",
  }),
  PORT: usual(wholeNumber(0, 65_535), "3000", {
    about: "Port that web listens on; 0 takes a free one.",
    example: "8080",
  }),
  PUBLIC_URL: optional(httpsOrLoopback, {
    about: "Where people reach web, for links and success pages. Without it http://localhost:PORT.",
    example: "https://credits.example.com",
  }),
  TRUST_PROXY: usual(proxyTrust, "false", {
    about:
      "How many proxies stand in front of web, or their addresses, so that the caller's address is known.",
    example: "1",
  }),
  OPERATOR_USER: usual(
    matching(/^[^\s:]{1,64}$/, "1 to 64 characters without space and colon"),
    "operator",
    {
      about: "User name of the operator pages under /ops.",
      example: "operator",
    },
  ),
  OPERATOR_PASSWORD: optional(secretMatching(/^.{12,200}$/u, "12 to 200 characters long"), {
    about: "Password of the operator pages under /ops; web needs it. At least 12 characters.",
    example: "(output of openssl rand -base64 18)",
    secret,
  }),
  STRIPE_SECRET_KEY: optional(
    secretMatching(
      /^(?:sk|rk)_(?:test|live)_[A-Za-z0-9_]{4,250}$/,
      "a key that begins with sk_test_, sk_live_, rk_test_ or rk_live_",
    ),
    {
      about:
        "Secret or restricted key of Stripe for the project below. Without it the Stripe simulator starts.",
      example: "rk_test_...",
      secret,
    },
  ),
  STRIPE_WEBHOOK_SECRET: optional(
    listOf(secretMatching(/^whsec_[A-Za-z0-9_+/=-]{4,250}$/, "a secret that begins with whsec_")),
    {
      about: "Signing secret of the webhook endpoint; a comma list while it is being rotated.",
      example: "whsec_...",
      secret,
    },
  ),
  STRIPE_ACCOUNT: optional(
    matching(/^acct_[A-Za-z0-9]{4,64}$/, "an account id that begins with acct_"),
    {
      about: "Connected account that the payments belong to, for platforms.",
      example: "acct_1234567890",
    },
  ),
  STRIPE_API_BASE: optional(loopbackAddress, {
    about: "Where the Stripe simulator listens, instead of api.stripe.com. Only on this machine.",
    example: "http://127.0.0.1:12111",
  }),
  PROJECT_NAME: usual(matching(/^[^\p{Cc}]{1,100}$/u, "1 to 100 printable characters"), "default", {
    about: "Name of the project that the environment configures.",
    example: "my-ai-product",
  }),
  PROJECT_API_KEY: optional(
    secretMatching(
      /^chg_(?:test|live)_[A-Za-z0-9_-]{20,200}$/,
      "chg_test_ or chg_live_ and 20 random characters or more",
    ),
    {
      about:
        "API key of that project, so that it needs no command to set up. Its mode is the project's mode.",
      example: "chg_test_...",
      secret,
    },
  ),
  ALLOWED_ORIGINS: optional(listOf(origin), {
    about:
      "Origins that successUrl and cancelUrl of that project may lead to, as a comma list. Without it the project keeps those it has.",
    example: "https://app.example.com,http://localhost:5173",
  }),
  RATE_LIMIT_PER_SECOND: usual(wholeNumber(1, 100_000), "100", {
    about: "Requests a second that one API key may send to one web process, usage left out.",
    example: "500",
  }),
  USAGE_LAG_MAX_SECONDS: usual(wholeNumber(1, 86_400), "30", {
    about:
      "How long accepted usage may wait to be applied. Beyond it more usage is refused with 503 until the workers have caught up.",
    example: "60",
  }),
  RECONCILE_EVENTS_SECONDS: usual(wholeNumber(60, 86_400), "300", {
    about: "How often Stripe's list of events is read for what was never delivered.",
    example: "600",
  }),
  RECONCILE_OBJECTS_SECONDS: usual(wholeNumber(300, 86_400), "3600", {
    about: "How often payments since the last time are compared with the purchases.",
    example: "1800",
  }),
  RECONCILE_FULL_SECONDS: usual(wholeNumber(3_600, 604_800), "86400", {
    about:
      "How often all payments of the last RECONCILE_WINDOW_DAYS are compared, with the movements of Stripe's balance as control total.",
    example: "43200",
  }),
  RECONCILE_LEDGER_SECONDS: usual(wholeNumber(300, 604_800), "86400", {
    about:
      "How often cases are made of what breaks the ledger's own rules in wallets that moved; every row is looked at nightly anyway.",
    example: "21600",
  }),
  RECONCILE_WINDOW_DAYS: usual(wholeNumber(1, 3_650), "35", {
    about: "How many days the full comparison looks back.",
    example: "90",
  }),
  RECONCILE_HEALS_MAX: usual(wholeNumber(0, 100_000), "1000", {
    about:
      "Purchases that one comparison settles again at most. What is left is reported, and healed by the next one; 0 reports only.",
    example: "100",
  }),
  WORKER_CONCURRENCY: usual(wholeNumber(1, 200), "8", {
    about: "Jobs that one worker runs at once. Keep it below DATABASE_POOL_MAX.",
    example: "8",
  }),
  HEALTH_PORT: optional(wholeNumber(1, 65_535), {
    about: "Port on which worker and scheduler answer /healthz and /readyz; none without it.",
    example: "9090",
  }),
  METRICS_TOKEN: optional(
    secretMatching(/^[\x21-\x7e]{16,200}$/, "16 to 200 visible ASCII characters"),
    {
      about:
        "Bearer token that /metrics asks for. Without it /metrics answers callers on this machine only.",
      example: "(output of openssl rand -base64 24)",
      secret,
    },
  ),
  LOG_LEVEL: usual(oneOf(logLevels), "info", {
    about: `Least serious line that is logged: ${logLevels.join(", ")}.`,
    example: "debug",
  }),
  LOG_FORMAT: usual(oneOf(["json", "pretty"]), "json", {
    about: "json for machines, pretty for people.",
    example: "pretty",
  }),
  SHUTDOWN_TIMEOUT_SECONDS: usual(wholeNumber(1, 600), "25", {
    about: "Time to finish what runs after SIGTERM; the platform must wait longer before SIGKILL.",
    example: "25",
  }),
});

export type VariableName = keyof typeof configSchema.shape;
export type Variables = z.output<typeof configSchema>;
