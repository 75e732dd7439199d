import { systemClock } from "../../kernel/clock.js";
import { Refusal } from "../../kernel/refusals.js";
import type { Config } from "../../platform/config/config.js";
import { invalidConfiguration } from "../../platform/config/problems.js";
import { readConfig } from "../../platform/config/read-config.js";
import { type Environment, secretOf } from "../../platform/config/secret-files.js";
import { configSchema } from "../../platform/config/variables.js";
import type { Context } from "../../platform/context.js";
import { closeDatabase, connectDatabase } from "../../platform/db/connect.js";
import { connectForAudit } from "../../platform/db/connect-for-audit.js";
import { createLog } from "../../platform/log/create-log.js";
import { createStripeClients } from "../../platform/stripe-client/stripe-clients.js";
import { createVault } from "../../platform/vault/vault.js";
import type { Reconciling } from "../../reconciliation/context.js";
import { createReconciling } from "../reconciling.js";

/** What a command may reach for. It has no queue: what it commits is rung for by the sweeps. */
export interface CommandContext extends Omit<Context, "ringer"> {
  readonly config: Config;
  readonly databaseUrl: string;
  readonly reconciling: Reconciling;
  readonly close: () => Promise<void>;
}

const poolMax = 3;

/** Throws a refusal that names every problem of the configuration. The first query connects. */
export function openCommandContext(env: Environment): CommandContext {
  const databaseUrl = readDatabaseUrl(env);
  const config = readConfig(env);
  const log = createLog({ level: "silent", name: "cli" }); // a command says itself what happened
  const db = connectDatabase({ url: databaseUrl, poolMax, applicationName: "chargly-cli", log });
  const auditDb = connectForAudit({ url: databaseUrl, applicationName: "chargly-cli-audit", log });
  return {
    config,
    databaseUrl,
    log,
    db,
    clock: systemClock,
    vault: createVault(config.masterKeys.map(({ id, key }) => ({ id, bytes: key.reveal() }))),
    stripeClients: createStripeClients(config.stripe.apiBase),
    publicUrl: config.publicUrl,
    reconciling: createReconciling({ config, books: { db, auditDb, log } }),
    close: async () => {
      await closeDatabase(auditDb);
      await closeDatabase(db);
    },
  };
}

/** The address of the database alone, so that a release can migrate without every secret of web and worker. */
export function readDatabaseUrl(env: Environment): string {
  const text = secretOf(env, "DATABASE_URL", (problem) => {
    throw invalidConfiguration([problem]);
  });
  if (text === undefined)
    throw new Refusal("invalid_configuration", {
      detail:
        "DATABASE_URL is not set, and no `npm start` runs in this folder. Set it, for example: DATABASE_URL=postgres://user:password@localhost:5432/chargly",
    });
  const read = configSchema.shape.DATABASE_URL.safeParse(text);
  if (read.success) return text;
  throw invalidConfiguration([
    {
      variable: "DATABASE_URL",
      wrong: read.error.issues[0]?.message ?? "is not valid",
      fix: "For example: DATABASE_URL=postgres://user:password@localhost:5432/chargly",
    },
  ]);
}
