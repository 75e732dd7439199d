import { createServer } from "node:net";
import { resolve } from "node:path";
import { type Simulator, startSimulator } from "@chargly/stripe-simulator";
import { type RunningProcess, startProcess } from "../app/start-process.js";
import { publicId } from "../kernel/ids.js";
import { present } from "../kernel/assert.js";
import { readConfig } from "../platform/config/read-config.js";
import { closeDatabase, connectDatabase, migrationTimeouts } from "../platform/db/connect.js";
import { migrate } from "../platform/db/migrate.js";
import { subscribedTypes } from "../stripe-events/rules.js";
import { readProjectByName } from "../tenancy/read-project.js";
import type { Project } from "../tenancy/rules.js";
import {
  devDatabase,
  embeddedEnvironment,
  type Environment,
  isSet,
  simulatorEnvironment,
} from "./dev-environment.js";
import { writeDevAddresses } from "./dev-addresses.js";
import { type DevSecrets, readOrMakeDevSecrets } from "./dev-secrets.js";
import {
  type EmbeddedPostgres,
  startEmbeddedPostgres,
} from "./embedded-postgres/start-embedded-postgres.js";

export interface StackOptions {
  readonly env: Environment;
  /** Keeps data and generated secrets. */
  readonly folder: string;
  /** Deletes the data first. */
  readonly reset: boolean;
  /** The port to prefer; a free one when it is taken. 0 takes a free one at once. */
  readonly port: number;
  /** Told as soon as a part runs. */
  readonly onStep: (step: string) => void;
}

export interface Stack {
  readonly running: RunningProcess;
  /** The environment that the parts run with, generated values included. */
  readonly env: Environment;
  readonly project: Project | undefined;
  readonly simulator: Simulator | undefined;
  readonly secrets: DevSecrets;
  readonly embedded: boolean;
  readonly stop: () => Promise<void>;
}

const simulatorPort = 4_242;

/**
 * Starts Chargly in one process with everything the environment does not name: a private Postgres without
 * `DATABASE_URL`, the Stripe simulator without `STRIPE_SECRET_KEY`.
 */
export async function startStack(options: StackOptions): Promise<Stack> {
  const { env, folder, onStep } = options;
  const opened: { stop(): Promise<void> }[] = [];
  const stop = async () => {
    for (const part of opened.reverse()) await part.stop();
  };
  try {
    const secrets = await readOrMakeDevSecrets(folder);
    const postgres = isSet(env["DATABASE_URL"]) ? undefined : await openPostgres(options);
    if (postgres !== undefined) opened.push(postgres);
    const databaseUrl =
      postgres?.url ?? present(env["DATABASE_URL"], "the database has an address");
    const applied = await runMigrations(databaseUrl);
    onStep(
      applied.length === 0 ? "Migrations: up to date" : `Migrations: ${applied.length} applied`,
    );
    const simulator = isSet(env["STRIPE_SECRET_KEY"]) ? undefined : await openSimulator(options);
    if (simulator !== undefined) opened.push(simulator);
    const full = {
      ...completeEnvironment(options, secrets, databaseUrl, simulator, postgres !== undefined),
      ...(await chooseAddress(options)),
    };
    const running = await run(full, databaseUrl);
    opened.push(running);
    onStep(`web, worker and scheduler on ${running.ctx.publicUrl}`);
    if (postgres !== undefined) await tellAddresses(folder, running, simulator);
    const { name } = running.ctx.config.project;
    const project = await readProjectByName(running.ctx, name, "test");
    if (simulator !== undefined && project !== undefined)
      await subscribe(simulator, secrets, running, project);
    return {
      running,
      env: full,
      project,
      simulator,
      secrets,
      embedded: postgres !== undefined,
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** So that `chargly` works in this folder without an environment. */
function tellAddresses(
  folder: string,
  { ctx: { publicUrl } }: RunningProcess,
  simulator: Simulator | undefined,
): Promise<void> {
  const simulatorUrl = simulator === undefined ? {} : { simulatorUrl: simulator.url };
  return writeDevAddresses(folder, { publicUrl, ...simulatorUrl });
}

async function openPostgres({ folder, reset, onStep }: StackOptions): Promise<EmbeddedPostgres> {
  const postgres = await startEmbeddedPostgres({
    dataDir: resolve(folder, "postgres"),
    database: devDatabase,
    reset,
  });
  onStep(`Postgres, private, data in ${folder}/`);
  return postgres;
}

async function openSimulator(options: StackOptions): Promise<Simulator> {
  const { folder, reset, onStep } = options;
  const stateFile = resolve(folder, "stripe-simulator.json");
  // The same port again where possible, so that payment links of an earlier start still lead somewhere.
  const port = options.port !== 0 && (await isFree(simulatorPort)) ? simulatorPort : 0;
  const simulator = await startSimulator({ stateFile, port });
  if (reset) await simulator.control.reset();
  onStep(`Stripe simulator on ${simulator.url}`);
  return simulator;
}

async function runMigrations(databaseUrl: string): Promise<readonly string[]> {
  const db = connectDatabase({
    url: databaseUrl,
    poolMax: 2,
    applicationName: "chargly-migrate",
    ...migrationTimeouts,
  });
  try {
    return await migrate(db);
  } finally {
    await closeDatabase(db);
  }
}

function completeEnvironment(
  { env }: StackOptions,
  secrets: DevSecrets,
  databaseUrl: string,
  simulator: Simulator | undefined,
  embedded: boolean,
): Environment {
  // Secrets that live in a file beside the embedded database have no business with a database of somebody's own.
  if (!embedded) return { ...env, ...simulatorEnvironment(secrets, simulator?.url) };
  return embeddedEnvironment(env, secrets, { databaseUrl, simulatorUrl: simulator?.url });
}

async function run(env: Environment, databaseUrl: string): Promise<RunningProcess> {
  const config = readConfig(env, { required: ["OPERATOR_PASSWORD"] });
  return startProcess({
    config,
    databaseUrl,
    name: "all",
    roles: ["web", "worker", "scheduler"],
  });
}

/** The simulator sends its events here, as Stripe would to an endpoint that `chargly stripe connect` made. */
async function subscribe(
  { control }: Simulator,
  { webhookSecret }: DevSecrets,
  { ctx }: RunningProcess,
  project: Project,
): Promise<void> {
  await control.addEndpoint({
    url: `${ctx.publicUrl}/stripe/webhooks/${publicId("project", project.id)}`,
    secret: webhookSecret,
    enabledEvents: subscribedTypes,
  });
}

async function chooseAddress({ env, port }: StackOptions): Promise<Environment> {
  if (isSet(env["PORT"])) return {};
  const free = port !== 0 && (await isFree(port)) ? port : await freePort();
  return { PORT: String(free) };
}

async function isFree(port: number): Promise<boolean> {
  return (await tryPort(port)) !== undefined;
}

async function freePort(): Promise<number> {
  return present(await tryPort(0), "the machine has a free port");
}

function tryPort(port: number): Promise<number | undefined> {
  return new Promise((answer) => {
    const probe = createServer();
    probe.once("error", () => answer(undefined));
    probe.listen(port, "127.0.0.1", () => {
      const address = probe.address();
      const found = typeof address === "object" && address !== null ? address.port : undefined;
      probe.close(() => answer(found));
    });
  });
}
