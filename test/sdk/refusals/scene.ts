import { randomBytes } from "node:crypto";
import { Chargly, type CharglyOptions, type RefusedError } from "@chargly/sdk";
import type { RunningProcess } from "../../../src/app/start-process.js";
import { startProcess } from "../../../src/app/start-process.js";
import { readConfig } from "../../../src/platform/config/read-config.js";
import { configureProject } from "../../../src/tenancy/configure-project.js";
import { pauseProject } from "../../../src/tenancy/pause-project.js";
import { resumeProject } from "../../../src/tenancy/resume-project.js";
import { scopes } from "../../../src/tenancy/rules.js";
import { type Gateway, openGateway } from "../../platform/queue/gateway.js";
import type { FreshDatabase } from "../../support/database.js";
import { customerOf } from "../customers.js";
import type { ProductShop } from "../shop.js";
import { beginOnly } from "./begin-only.js";

/** How a code comes about, and as what it arrives. */
export interface Provocation {
  readonly as: new (...args: never[]) => RefusedError;
  /** What the error has beside its code, by name. */
  readonly has?: Readonly<Record<string, unknown>>;
  readonly by: (scene: Scene) => Promise<unknown>;
}

/** The product and a client that does not try again, to be refused once. */
export interface Scene {
  readonly shop: ProductShop;
  readonly chargly: Chargly;
  readonly db: FreshDatabase["db"];
  readonly customer: (credits?: number) => Promise<string>;
  readonly client: (options: CharglyOptions) => Chargly;
  /** A client whose requests something on the way changes. */
  readonly meddledWith: (meddle: (url: string, init: RequestInit) => Meddled) => Chargly;
  /** Another project: it is paused, and has no Stripe connection. */
  readonly paused: Chargly;
  readonly pausedKey: string;
  /** A web process that takes few requests and little usage, with a database of which `door` is the way. */
  readonly narrow: { readonly url: string; readonly door: Gateway };
  /** A request that never ends. It is answered after ten seconds and more, so it begins with the scene. */
  readonly cutOff: Promise<unknown>;
  readonly stop: () => Promise<void>;
}

type Meddled = readonly [url: string, init: RequestInit];

/** Requests a second that the narrow process takes of one key. */
export const fewRequests = 20;

export async function openScene(shop: ProductShop): Promise<Scene> {
  const { url: baseUrl, apiKey } = shop.stack;
  const client = (options: CharglyOptions): Chargly =>
    new Chargly({ baseUrl, apiKey, maxRetries: 0, timeoutMs: 20_000, ...options });
  const cutOff = client({ fetch: beginOnly }).getWallet("ann");
  cutOff.catch(() => undefined); // whoever waits for it hears of it
  const { running, door } = await startNarrow(shop);
  const paused = await openPaused(shop);
  return {
    shop,
    chargly: client({}),
    db: shop.stack.database.db,
    customer: (credits) => customerOf(shop, credits),
    client,
    meddledWith: (meddle) => client({ fetch: (url, init) => fetch(...meddle(url, init)) }),
    paused: client({ apiKey: paused.secret }),
    pausedKey: paused.secret,
    narrow: { url: running.url ?? "", door },
    cutOff,
    stop: async () => {
      await paused.resume();
      await running.stop();
      await door.close();
    },
  };
}

async function startNarrow({
  stack,
}: ProductShop): Promise<{ readonly running: RunningProcess; readonly door: Gateway }> {
  const door = await openGateway(stack.database.url);
  const narrow = { RATE_LIMIT_PER_SECOND: String(fewRequests), USAGE_LAG_MAX_SECONDS: "1" };
  const config = readConfig({ ...stack.env, ...narrow });
  const roles = ["web"] as const;
  const running = await startProcess({ config, databaseUrl: door.url, name: "narrow", roles });
  return { running, door };
}

async function openPaused({ stack: { ctx } }: ProductShop) {
  const secret = `chg_test_${randomBytes(24).toString("hex")}`;
  const { id: projectId } = await configureProject(ctx, {
    name: "paused",
    mode: "test",
    allowedOrigins: [],
    apiKey: { secret, scopes },
    stripe: undefined,
  });
  await pauseProject(ctx, projectId, "to see what is refused then", "test");
  const resume = () => resumeProject(ctx, { projectId, forcedBecause: null }, "test");
  return { secret, resume };
}
