import type { Job } from "bullmq";
import { assert } from "../../kernel/assert.js";
import type { Log } from "./log.js";
import { openPostgresEngine } from "./postgres-engine.js";
import type { QueueEngine } from "./queue-engine.js";
import { openRedisEngine } from "./redis-engine.js";

export type { EngineWorkerOptions, QueueEngine } from "./queue-engine.js";

export interface QueueEngineOptions {
  readonly databaseUrl: string;
  /** Set: the queue lives in this Redis. Not set: it lives in the database, in a schema of its own. */
  readonly redisUrl?: string | undefined;
  /** The schema of BullMQ's tables, on Postgres. */
  readonly schema?: string;
  /** What the keys begin with, on Redis. */
  readonly prefix?: string;
  readonly log: Log;
  /** Most connections of the producers' pool, on Postgres; each worker has up to three more. */
  readonly poolMax?: number;
}

export type BullJob = Job<unknown, unknown>;

const identifier = /^[a-z_][a-z0-9_]{0,62}$/;

/**
 * Opens the queue. A server that is down is no error: the engine answers `ping` with the reason, keeps trying,
 * and works as soon as the server does. Waits up to a second for the first contact.
 */
export async function openQueueEngine(options: QueueEngineOptions): Promise<QueueEngine> {
  const {
    schema = "bullmq",
    prefix = "chargly",
    poolMax = 4,
    redisUrl,
    databaseUrl,
    log,
  } = options;
  assert(identifier.test(schema), "the queue's schema is a plain lower-case identifier");
  assert(identifier.test(prefix), "the queue's prefix is a plain lower-case identifier");
  assert(poolMax >= 1 && poolMax <= 50, "the queue's pool has between 1 and 50 connections");
  const engine =
    redisUrl === undefined
      ? openPostgresEngine({ databaseUrl, schema, poolMax, log })
      : openRedisEngine({ redisUrl, prefix, log });
  await engine
    .ping()
    .catch((error: unknown) => engine.reportFailure(error, "the queue is not there yet"));
  return engine;
}
