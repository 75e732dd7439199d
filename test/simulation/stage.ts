import { randomBytes } from "node:crypto";
import { mkdir } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { type Simulator, startSimulator } from "@chargly/stripe-simulator";
import type { QueueAddress } from "@chargly/usage-producer";
import { openContext } from "../../src/app/context.js";
import type { Role } from "../../src/app/start-process.js";
import { publishPack } from "../../src/catalogue/publish-pack.js";
import { wholeCredits, zeroCredits } from "../../src/kernel/credits.js";
import { publicId } from "../../src/kernel/ids.js";
import { readConfig } from "../../src/platform/config/read-config.js";
import { subscribedTypes } from "../../src/stripe-events/rules.js";
import { configureProject } from "../../src/tenancy/configure-project.js";
import { scopes } from "../../src/tenancy/rules.js";
import { runProgram } from "../support/processes.js";
import type { QueueBackend } from "../support/queue-backends.js";
import { openRunFolder, removeRunFolder } from "../support/run-folder.js";
import type { Part } from "./parts/part.js";
import { type PostgresPart, startPostgresPart } from "./parts/postgres.js";
import { readProcfile } from "./parts/procfile.js";
import { type RedisPart, startRedisPart } from "./parts/redis.js";
import { startRolePart } from "./parts/role.js";
import { packs } from "./shop.js";

/** The whole product in processes of its own, and what it talks to. All of it on loopback, all of it ours. */
export interface Stage {
  readonly folder: string;
  readonly backend: QueueBackend;
  readonly postgres: PostgresPart;
  readonly redis: RedisPart | undefined;
  readonly simulator: Simulator;
  readonly webs: readonly Part[];
  readonly workers: readonly Part[];
  readonly schedulers: readonly Part[];
  /** Where the webs listen, in their order; they keep their ports when they come back. */
  readonly webUrls: readonly string[];
  readonly apiKey: string;
  readonly stripeKey: string;
  /** `prj_…` */
  readonly projectId: string;
  /** Where an application puts usage by itself. */
  readonly queueAddress: QueueAddress;
  /** What went wrong with a process although nobody harmed it. */
  readonly troubles: string[];
  /** Runs a command of the CLI to its end; answers its exit code and what it printed. */
  readonly chargly: (
    ...args: readonly string[]
  ) => Promise<{ readonly code: number | null; readonly stdout: string; readonly stderr: string }>;
  readonly stop: () => Promise<void>;
}

export interface StageSettings {
  readonly backend: QueueBackend;
  /** The compiled product. */
  readonly build: string;
  readonly webs: number;
  readonly workers: number;
  readonly schedulers: number;
}

const stripeBehindMs = 120_000;
/** Half an hour's payments are reconciled with ten requests a second. */
const commandWithinMs = 600_000;

export async function openStage(settings: StageSettings): Promise<Stage> {
  const folder = await openRunFolder();
  const closers: (() => Promise<unknown>)[] = [() => removeRunFolder(folder)];
  let stopping: Promise<void> | undefined;
  const stopAll = async (): Promise<void> => {
    for (const close of closers.splice(0).reverse()) await close();
  };
  const stop = (): Promise<void> => (stopping ??= stopAll());
  try {
    return await startAll(settings, folder, closers, stop);
  } catch (error) {
    await stop();
    throw error;
  }
}

async function startAll(
  { backend, build, ...counts }: StageSettings,
  folder: string,
  closers: (() => Promise<unknown>)[],
  stop: () => Promise<void>,
): Promise<Stage> {
  const postgres = await startPostgresPart(folder);
  closers.push(postgres.stop);
  const redis = backend === "redis" ? await startRedisPart(folder) : undefined;
  if (redis !== undefined) closers.push(redis.stop);
  // Stripe's clock is behind ours: what was made a moment ago is old enough to be reconciled.
  const simulator = await startSimulator({ clock: () => Date.now() - stripeBehindMs });
  closers.push(() => simulator.stop());
  const keys = newKeys();
  const env = environmentOf(postgres.url, redis?.url, simulator.url);
  const procfile = await readProcfile(build);
  const argsOf = (line: string): readonly string[] => procfile.get(line) ?? [];
  const chargly: Stage["chargly"] = async (...args) => {
    const [first = "", ...rest] = argsOf("release");
    // The release line is `cli.js migrate`: the same program with another command.
    return runProgram(first, [...rest.slice(0, -1), ...args], env, commandWithinMs);
  };
  const migrated = await chargly("migrate");
  if (migrated.code !== 0) throw new Error(`the migrations failed: ${migrated.stderr}`);
  const projectId = await openProject(env, keys);
  const troubles: string[] = [];
  const ports = await Promise.all(Array.from({ length: counts.webs }, freePort));
  const webUrls = ports.map((port) => `http://127.0.0.1:${port}`);
  await mkdir(join(folder, "logs"));
  const startRole = async (role: Role, number: number, more: Record<string, string> = {}) => {
    const name = `${role}.${number + 1}`;
    const onTrouble = (what: string): void => void troubles.push(what);
    const args = argsOf(role);
    const logFile = join(folder, "logs", `${name}.log`);
    const own = { ...env, ...more };
    const part = await startRolePart({ name, role, args, env: own, logFile, onTrouble });
    closers.push(part.stop);
    return part;
  };
  const numbers = (count: number): number[] => Array.from({ length: count }, (_, n) => n);
  const [webs, workers, schedulers] = await Promise.all([
    Promise.all(ports.map((port, n) => startRole("web", n, { PORT: String(port) }))),
    Promise.all(numbers(counts.workers).map((n) => startRole("worker", n))),
    Promise.all(numbers(counts.schedulers).map((n) => startRole("scheduler", n))),
  ]);
  for (const url of webUrls)
    await simulator.control.addEndpoint({
      url: `${url}/stripe/webhooks/${projectId}`,
      secret: keys.webhookSecret,
      key: keys.stripeKey,
      enabledEvents: subscribedTypes,
    });
  const parts = { postgres, redis, simulator, webs, workers, schedulers };
  const queueAddress =
    redis === undefined ? { databaseUrl: postgres.url } : { redisUrl: redis.url };
  const told = { webUrls, ...keys, projectId, queueAddress };
  return { folder, backend, ...parts, ...told, troubles, chargly, stop };
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

function environmentOf(
  databaseUrl: string,
  redisUrl: string | undefined,
  simulatorUrl: string,
): Readonly<Record<string, string>> {
  return {
    NODE_ENV: "production",
    CHARGLY_MASTER_KEYS: `storm:${randomBytes(32).toString("base64")}`,
    OPERATOR_PASSWORD: randomBytes(12).toString("hex"),
    DATABASE_URL: databaseUrl,
    ...(redisUrl === undefined ? {} : { REDIS_URL: redisUrl }),
    STRIPE_API_BASE: simulatorUrl,
    PORT: "0",
    LOG_LEVEL: "warn",
    RATE_LIMIT_PER_SECOND: "5000",
    SHUTDOWN_TIMEOUT_SECONDS: "5",
  };
}

/** A test project that is connected to the simulator, with its packs; answers its public id. */
async function openProject(env: Readonly<Record<string, string>>, keys: Keys): Promise<string> {
  const databaseUrl = env["DATABASE_URL"] ?? "";
  const ctx = await openContext(readConfig(env), { name: "storm", databaseUrl });
  try {
    const { id } = await configureProject(ctx, {
      name: "storm",
      mode: "test",
      allowedOrigins: ["https://app.example.com"],
      apiKey: { secret: keys.apiKey, scopes },
      stripe: {
        secretKey: keys.stripeKey,
        connectedAccount: null,
        webhookSecrets: [keys.webhookSecret],
      },
    });
    for (const { code, credits, amountMinor } of packs)
      await ctx.db.transaction((trx) =>
        publishPack(
          trx,
          id,
          code,
          {
            name: `${credits} credits`,
            credits: wholeCredits(credits),
            bonusCredits: zeroCredits,
            price: { amountMinor: BigInt(amountMinor), currency: "usd" },
            validityDays: null,
            onSale: true,
          },
          "storm",
        ),
      );
    return publicId("project", id);
  } finally {
    await ctx.close();
  }
}

function freePort(): Promise<number> {
  return new Promise((done, fail) => {
    const probe = createServer();
    probe.once("error", fail);
    probe.listen(0, "127.0.0.1", () => {
      const address = probe.address();
      const port = typeof address === "object" ? address?.port : undefined;
      probe.close(() => (port === undefined ? fail(new Error("no free port")) : done(port)));
    });
  });
}
