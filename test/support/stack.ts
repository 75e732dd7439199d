import { randomBytes } from "node:crypto";
import { Chargly } from "@chargly/sdk";
import { type Simulator, startSimulator } from "@chargly/stripe-simulator";
import type { AppContext } from "../../src/app/context.js";
import { type Role, type RunningProcess, startProcess } from "../../src/app/start-process.js";
import { publishPack } from "../../src/catalogue/publish-pack.js";
import { wholeCredits, zeroCredits } from "../../src/kernel/credits.js";
import { type ProjectId, publicId } from "../../src/kernel/ids.js";
import type { Money } from "../../src/kernel/money.js";
import { readConfig } from "../../src/platform/config/read-config.js";
import { subscribedTypes } from "../../src/stripe-events/rules.js";
import { configureProject } from "../../src/tenancy/configure-project.js";
import { scopes } from "../../src/tenancy/rules.js";
import { type FreshDatabase, freshDatabase } from "./database.js";
import type { QueueBackend } from "./queue-backends.js";
import { startRedis, type TestRedis } from "./redis.js";

export interface StackSettings {
  readonly queue?: QueueBackend;
  readonly roles?: readonly Role[];
  /** Instead of a database on the server of the run; it is dropped at the end all the same. */
  readonly database?: FreshDatabase;
  /** Further environment variables of the process. */
  readonly env?: Readonly<Record<string, string>>;
}

/** Chargly in this process, on a database, a queue and a Stripe simulator of its own, with one project and one pack. */
export interface TestStack {
  readonly ctx: AppContext;
  readonly url: string;
  readonly projectId: ProjectId;
  readonly apiKey: string;
  readonly webhookSecret: string;
  readonly webhookUrl: string;
  readonly stripeKey: string;
  readonly simulator: Simulator;
  readonly database: FreshDatabase;
  readonly redis: TestRedis | undefined;
  /** The environment of the process, to start another one beside it. */
  readonly env: Readonly<Record<string, string>>;
  /** The SDK with the project's key. It does not try again, so that no test passes because a client is patient. */
  readonly chargly: Chargly;
  /** The same by hand, for tests of what goes over the wire. */
  readonly call: (
    method: string,
    path: string,
    body?: unknown,
    headers?: Record<string, string>,
  ) => Promise<Answer>;
  /** Another process's worth of roles in this one, on the same database and queue. */
  readonly start: (roles: readonly Role[]) => Promise<RunningProcess>;
  readonly stop: () => Promise<void>;
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  // Tests look into answers freely; what they look for is asserted there.
  readonly json: Record<string, unknown>;
}

export const testPack = "starter-500";
export const testPrice: Money = { amountMinor: 999n, currency: "usd" };

export async function startTestStack(settings: StackSettings = {}): Promise<TestStack> {
  const database = settings.database ?? (await freshDatabase());
  const redis = settings.queue === "redis" ? await startRedis() : undefined;
  const simulator = await startSimulator();
  const stripeKey = `sk_test_${randomBytes(8).toString("hex")}`;
  const apiKey = `chg_test_${randomBytes(24).toString("hex")}`;
  const webhookSecret = `whsec_${randomBytes(24).toString("hex")}`;
  const env = {
    CHARGLY_MASTER_KEYS: `test:${randomBytes(32).toString("base64")}`,
    OPERATOR_PASSWORD: randomBytes(12).toString("hex"),
    DATABASE_URL: database.url,
    ...(redis === undefined ? {} : { REDIS_URL: redis.url }),
    STRIPE_API_BASE: simulator.url,
    PORT: "0",
    LOG_LEVEL: "silent",
    RATE_LIMIT_PER_SECOND: "5000",
    SHUTDOWN_TIMEOUT_SECONDS: "5",
    ...settings.env,
  };
  const started: RunningProcess[] = [];
  const start = async (roles: readonly Role[]): Promise<RunningProcess> => {
    const running = await startProcess({
      config: readConfig(env),
      databaseUrl: database.url,
      name: "test",
      roles,
    });
    started.push(running);
    return running;
  };
  const { ctx, url } = await start(settings.roles ?? ["web", "worker", "scheduler"]);
  const projectId = await openTestProject(ctx, { stripeKey, apiKey, webhookSecret });
  const base = url ?? "";
  const webhookUrl = `${base}/stripe/webhooks/${publicId("project", projectId)}`;
  await simulator.control.addEndpoint({
    url: webhookUrl,
    secret: webhookSecret,
    key: stripeKey,
    enabledEvents: subscribedTypes,
  });
  return {
    ctx,
    url: base,
    projectId,
    apiKey,
    webhookSecret,
    webhookUrl,
    stripeKey,
    simulator,
    database,
    redis,
    env,
    start,
    chargly: new Chargly({ apiKey, baseUrl: base, maxRetries: 0, timeoutMs: 30_000 }),
    call: (method, path, body, headers = {}) => callApi(base, apiKey, method, path, body, headers),
    stop: async () => {
      for (const running of started.reverse()) await running.stop();
      await simulator.stop();
      await redis?.stop();
      await database.drop();
    },
  };
}

/** A test project with every scope, connected to the simulator, selling one pack of 500 credits for $9.99. */
export async function openTestProject(
  ctx: AppContext,
  keys: {
    readonly stripeKey: string;
    readonly apiKey: string;
    readonly webhookSecret: string;
    readonly name?: string;
  },
): Promise<ProjectId> {
  const { id } = await configureProject(ctx, {
    name: keys.name ?? "test",
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
    price: testPrice,
    validityDays: null,
    onSale: true,
  };
  await ctx.db.transaction((trx) => publishPack(trx, id, testPack, terms, "test"));
  return id;
}

async function callApi(
  base: string,
  apiKey: string,
  method: string,
  path: string,
  body: unknown,
  headers: Record<string, string>,
): Promise<Answer> {
  const response = await fetch(`${base}${path}`, {
    method,
    headers: {
      authorization: `Bearer ${apiKey}`,
      ...(body === undefined ? {} : { "content-type": "application/json" }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  const json = text.startsWith("{") ? (JSON.parse(text) as Record<string, unknown>) : {};
  return { status: response.status, headers: response.headers, json };
}

/** The session behind a checkout's address on the simulator. */
export function sessionOf(checkoutUrl: unknown): string {
  const session = new URL(String(checkoutUrl)).pathname.split("/").at(-1);
  if (session === undefined || !session.startsWith("cs_"))
    throw new Error(`no session in ${String(checkoutUrl)}`);
  return session;
}

export async function buy(
  { chargly }: Pick<TestStack, "chargly">,
  customerId = "user_123",
): Promise<{ readonly id: string; readonly sessionId: string }> {
  const order = { customerId, creditPackCode: testPack };
  const { checkoutId: id, checkoutUrl } = await chargly.createCheckout(order);
  return { id, sessionId: sessionOf(checkoutUrl) };
}

export async function balanceOf(
  { chargly }: Pick<TestStack, "chargly">,
  customerId = "user_123",
): Promise<number> {
  return (await chargly.getWallet(customerId)).available;
}
