import { randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { type AppContext, openContext } from "../../src/app/context.js";
import type { Role } from "../../src/app/start-process.js";
import { publishPack } from "../../src/catalogue/publish-pack.js";
import {
  type EmbeddedPostgres,
  startEmbeddedPostgres,
} from "../../src/dev/embedded-postgres/start-embedded-postgres.js";
import { wholeCredits, zeroCredits } from "../../src/kernel/credits.js";
import { type ProjectId, publicId } from "../../src/kernel/ids.js";
import { readConfig } from "../../src/platform/config/read-config.js";
import {
  closeDatabase,
  connectDatabase,
  migrationTimeouts,
} from "../../src/platform/db/connect.js";
import { migrate } from "../../src/platform/db/migrate.js";
import { configureProject } from "../../src/tenancy/configure-project.js";
import { scopes } from "../../src/tenancy/rules.js";
import { type RoleProcess, startProgram } from "../support/processes.js";
import { openRunFolder, removeRunFolder } from "../support/run-folder.js";
import { compileProduct, repository } from "./compile.js";

/** Everything that is measured, in processes of its own, on an embedded Postgres as it comes. */
export interface Rig {
  /** A context in this process, on the same database. */
  readonly ctx: AppContext;
  readonly databaseUrl: string;
  readonly projectId: ProjectId;
  readonly apiKey: string;
  readonly webhookSecret: string;
  readonly stripeKey: string;
  readonly webhookPath: string;
  readonly simulatorUrl: string;
  /** A line of the Procfile, compiled; with settings of its own, if any. */
  readonly start: (role: Role, env?: Record<string, string>) => Promise<RoleProcess>;
  /** Another compiled program of this folder. */
  readonly startProgram: (file: string, env?: Record<string, string>) => Promise<RoleProcess>;
  /** The path of a compiled file. */
  readonly compiled: (file: string) => string;
  readonly stop: () => Promise<void>;
}

export const benchPack = "starter-500";

const open = new Set<() => Promise<void>>();

/** Ends what a benchmark that is interrupted had started. */
export async function stopRigs(): Promise<void> {
  for (const stop of open) await stop();
}

/** Builds, starts Postgres and the simulator, and makes one project that is connected to it. */
export async function openRig(): Promise<Rig> {
  const build = await compileProduct();
  const folder = await openRunFolder();
  const closers: (() => Promise<unknown>)[] = [() => removeRunFolder(folder)];
  const stop = async (): Promise<void> => {
    open.delete(stop);
    for (const close of closers.splice(0).reverse()) await close();
  };
  open.add(stop);
  try {
    const postgres = await startPostgres(folder);
    closers.push(() => postgres.stop());
    const simulator = await startSimulatorProcess();
    closers.push(() => simulator.terminate());
    const env = environmentOf(postgres.url, simulator.url);
    const ctx = await openContext(readConfig(env), { name: "bench", databaseUrl: postgres.url });
    closers.push(ctx.close);
    const keys = newKeys();
    const projectId = await openProject(ctx, keys);
    const compiled = (file: string): string => join(build, file);
    const run = async (file: string, more: Record<string, string> = {}, flags: string[] = []) => {
      const [first, ...rest] = flags;
      const program = compiled(file);
      const child = await (first === undefined
        ? startProgram(program, [], { ...env, ...more })
        : startProgram(first, [...rest, program], { ...env, ...more }));
      closers.push(() => child.terminate());
      return child;
    };
    return {
      ctx,
      databaseUrl: postgres.url,
      projectId,
      apiKey: keys.apiKey,
      webhookSecret: keys.webhookSecret,
      stripeKey: keys.stripeKey,
      webhookPath: `/stripe/webhooks/${publicId("project", projectId)}`,
      simulatorUrl: simulator.url,
      start: async (role, more) => run(`src/${role}.js`, more, await flagsOf(role)),
      startProgram: run,
      compiled,
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** What the Procfile gives node for a role. */
async function flagsOf(role: Role): Promise<string[]> {
  const procfile = await readFile(join(repository, "Procfile"), "utf8");
  const [, flags = ""] = new RegExp(`^${role}: node (.*?)dist/`, "m").exec(procfile) ?? [];
  return flags.split(" ").filter((flag) => flag !== "");
}

async function startPostgres(folder: string): Promise<EmbeddedPostgres> {
  const postgres = await startEmbeddedPostgres({
    dataDir: join(folder, "postgres"),
    database: "chargly",
  });
  const db = connectDatabase({
    url: postgres.url,
    poolMax: 2,
    applicationName: "chargly-bench-setup",
    ...migrationTimeouts,
  });
  try {
    await migrate(db);
  } finally {
    await closeDatabase(db);
  }
  return postgres;
}

/** The simulator stands for Stripe, which is another machine: it never shares a process with what is measured. */
function startSimulatorProcess(): Promise<RoleProcess> {
  const program = join(repository, "test/bench/simulator.ts");
  return startProgram("--import", [import.meta.resolve("tsx"), program], {});
}

function environmentOf(databaseUrl: string, simulatorUrl: string): Record<string, string> {
  return {
    NODE_ENV: "production",
    CHARGLY_MASTER_KEYS: `bench:${randomBytes(32).toString("base64")}`,
    OPERATOR_PASSWORD: randomBytes(12).toString("hex"),
    DATABASE_URL: databaseUrl,
    STRIPE_API_BASE: simulatorUrl,
    PORT: "0",
    LOG_LEVEL: "warn",
    RATE_LIMIT_PER_SECOND: "5000",
    SHUTDOWN_TIMEOUT_SECONDS: "5",
  };
}

interface Keys {
  readonly apiKey: string;
  readonly stripeKey: string;
  readonly webhookSecret: string;
}

function newKeys(): Keys {
  return {
    apiKey: `chg_test_${randomBytes(24).toString("hex")}`,
    stripeKey: `sk_test_${randomBytes(8).toString("hex")}`,
    webhookSecret: `whsec_${randomBytes(24).toString("hex")}`,
  };
}

/** A test project that sells 500 credits for $9.99. */
async function openProject(ctx: AppContext, keys: Keys): Promise<ProjectId> {
  const { id } = await configureProject(ctx, {
    name: "bench",
    mode: "test",
    allowedOrigins: ["https://app.example.com"],
    apiKey: { secret: keys.apiKey, scopes },
    stripe: {
      secretKey: keys.stripeKey,
      connectedAccount: null,
      webhookSecrets: [keys.webhookSecret],
    },
  });
  const terms = {
    name: "500 credits",
    credits: wholeCredits(500),
    bonusCredits: zeroCredits,
    price: { amountMinor: 999n, currency: "usd" },
    validityDays: null,
    onSale: true,
  };
  await ctx.db.transaction((trx) => publishPack(trx, id, benchPack, terms, "bench"));
  return id;
}
