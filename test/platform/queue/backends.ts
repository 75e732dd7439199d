import { openQueueEngine, type QueueEngine } from "../../../src/platform/queue/engine.js";
import { freshDatabase } from "../../support/database.js";
import type { QueueBackend } from "../../support/queue-backends.js";
import { startRedis, type TestRedis } from "../../support/redis.js";
import { type Gateway, openGateway } from "./gateway.js";
import { silentLog } from "./silent-log.js";

/** One backend with a server of its own behind it, for one test file. */
export interface TestBackend {
  readonly kind: QueueBackend;
  readonly databaseUrl: string;
  readonly redisUrl: string | undefined;
  /** Opens an engine, directly or through a gateway. It is closed by `stop`. */
  engine(through?: Gateway): Promise<QueueEngine>;
  gateway(options?: { readonly closed?: boolean }): Promise<Gateway>;
  /** As an operator's mistake would: all jobs are gone. */
  empty(): Promise<void>;
  /** The server itself; only Redis is ours alone. */
  readonly redis: TestRedis | undefined;
  stop(): Promise<void>;
}

export async function startBackend(kind: QueueBackend): Promise<TestBackend> {
  const database = await freshDatabase();
  const redis = kind === "redis" ? await startRedis() : undefined;
  const engines: QueueEngine[] = [];
  const gateways: Gateway[] = [];
  const target = redis?.url ?? database.url;
  return {
    kind,
    databaseUrl: database.url,
    redisUrl: redis?.url,
    redis,
    engine: async (through) => {
      const url = through?.url ?? target;
      const engine = await openQueueEngine({
        databaseUrl: kind === "postgres" ? url : database.url,
        redisUrl: kind === "redis" ? url : undefined,
        log: silentLog,
      });
      engines.push(engine);
      return engine;
    },
    gateway: async (options) => {
      const gateway = await openGateway(target, options);
      gateways.push(gateway);
      return gateway;
    },
    empty: async () => {
      if (redis === undefined) await database.db.raw("drop schema bullmq cascade");
      else await redis.flush();
    },
    stop: async () => {
      for (const gateway of gateways) gateway.thaw();
      await Promise.all(engines.map((engine) => engine.close()));
      await Promise.all(gateways.map((gateway) => gateway.close()));
      await redis?.stop();
      await database.drop();
    },
  };
}
