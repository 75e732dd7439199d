import type { Job, Processor, Queue, Worker, WorkerOptions } from "bullmq";
import { assert } from "../../kernel/assert.js";
import type { Log } from "./log.js";
import { openPostgresEngine } from "./postgres-engine.js";
import { openRedisEngine } from "./redis-engine.js";

export type EngineWorkerOptions = Omit<
  WorkerOptions,
  "connection" | "prefix" | "skipVersionCheck" | "skipWaitingForReady"
>;

/** One API over both of BullMQ's backends. Which one it is makes no difference to whoever rings or works. */
export interface QueueEngine {
  readonly kind: "postgres" | "redis";
  /** The producer's end of a queue, opened once per name. Its calls fail within seconds, they never hang. */
  queue(name: string): Queue;
  /** The queues opened so far, for Bull Board and metrics. */
  queues(): readonly Queue[];
  /** A worker with connections of its own. The caller closes it. Its errors are logged here. */
  createWorker(name: string, processor: Processor, options: EngineWorkerOptions): Worker;
  /** Resolves when the queue answers now, within `timeoutMs` (1 s unless told); rejects with the reason. */
  ping(timeoutMs?: number): Promise<void>;
  /** Logs a failure of the queue, at most one of a kind every ten seconds, and heals what can be healed. */
  reportFailure(error: unknown, what: string): void;
  /** Closes the producers; workers are closed by those who made them. Never throws, takes 5 s at most. */
  close(): Promise<void>;
}

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

export type BullJob = Job<unknown, unknown, string>;

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
