import { resolve } from "node:path";
import { readDevAddresses } from "./dev-addresses.js";
import type { DevSecrets } from "./dev-secrets.js";
import { readDevSecrets } from "./dev-secrets.js";
import { findEmbeddedPostgres } from "./embedded-postgres/find-embedded-postgres.js";

export type Environment = Readonly<Record<string, string | undefined>>;

/** Where the embedded stack keeps everything, below the folder it is started in. */
export const devFolder = ".chargly";
export const devDatabase = "chargly";
/** The simulator takes any test key; one account exists per key. */
export const simulatorKey = "sk_test_simulator";

/** What the embedded stack adds to the environment. What is set there already wins. */
export function embeddedEnvironment(
  env: Environment,
  secrets: DevSecrets,
  addresses: { readonly databaseUrl: string; readonly simulatorUrl: string | undefined },
): Environment {
  const { databaseUrl, simulatorUrl } = addresses;
  return {
    CHARGLY_MASTER_KEYS: secrets.masterKeys,
    OPERATOR_PASSWORD: secrets.operatorPassword,
    PROJECT_API_KEY: secrets.apiKey,
    PROJECT_NAME: "Demo shop",
    LOG_FORMAT: "pretty",
    LOG_LEVEL: "warn",
    ...withoutEmpty(env),
    DATABASE_URL: databaseUrl,
    ...simulatorEnvironment(secrets, simulatorUrl),
  };
}

/** What leads to the simulator instead of to Stripe; nothing when there is none. */
export function simulatorEnvironment(
  secrets: DevSecrets,
  simulatorUrl: string | undefined,
): Environment {
  if (simulatorUrl === undefined) return {};
  return {
    STRIPE_SECRET_KEY: simulatorKey,
    STRIPE_WEBHOOK_SECRET: secrets.webhookSecret,
    STRIPE_API_BASE: simulatorUrl,
  };
}

/**
 * For the command line beside a running `npm start`: the environment of that stack, or the given one when
 * `DATABASE_URL` is set or no embedded stack runs here.
 */
export async function runningEnvironment(
  env: Environment,
  folder = devFolder,
): Promise<Environment> {
  if (isSet(env["DATABASE_URL"])) return env;
  const secrets = await readDevSecrets(folder);
  if (secrets === undefined) return env;
  const databaseUrl = await findEmbeddedPostgres({
    dataDir: resolve(folder, "postgres"),
    database: devDatabase,
  });
  if (databaseUrl === undefined) return env;
  const addresses = await readDevAddresses(folder);
  const simulatorUrl = addresses?.simulatorUrl;
  const full = embeddedEnvironment(env, secrets, { databaseUrl, simulatorUrl });
  return isSet(full["PUBLIC_URL"]) ? full : { ...full, PUBLIC_URL: addresses?.publicUrl };
}

export function isSet(value: string | undefined): value is string {
  return value !== undefined && value !== "";
}

function withoutEmpty(env: Environment): Environment {
  return Object.fromEntries(Object.entries(env).filter(([, value]) => isSet(value)));
}
