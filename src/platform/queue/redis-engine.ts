import { Queue, Worker } from "bullmq";
import { Redis } from "ioredis";
import type { QueueEngine } from "./queue-engine.js";
import { limitedFailureLog, type Log } from "./log.js";
import { queueEventsMax, retention } from "./retention.js";
import { within } from "./within.js";

export interface RedisEngineOptions {
  readonly redisUrl: string;
  readonly prefix: string;
  readonly log: Log;
}

const connectTimeoutMs = 2_000;
const commandTimeoutMs = 2_000;
/** A connection on which an answer is owed for so long is dead, whatever TCP believes, and is made anew. */
const producerSilenceMs = 5_000;
/** Longer than a worker's blocking call, which is five seconds at most. */
const workerSilenceMs = 8_000;
const pingTimeoutMs = 1_000;
const closeTimeoutMs = 5_000;

const connectAgainAfterMs = (failures: number): number => Math.min(100 * failures, 1_000);

/** The queue in Redis: the engine for many machines. */
export function openRedisEngine({ redisUrl, prefix, log }: RedisEngineOptions): QueueEngine {
  const failed = limitedFailureLog(log);
  const producer = connectProducer(redisUrl);
  producer.on("error", (error) => failed(error, "the queue's Redis connection failed"));
  const queues = new Map<string, Queue>();
  return {
    kind: "redis",
    queue: (name) => {
      const queue = queues.get(name) ?? openQueue(name, prefix, producer, failed);
      queues.set(name, queue);
      return queue;
    },
    queues: () => [...queues.values()],
    createWorker: (name, processor, options) => {
      const connection = {
        url: redisUrl,
        connectTimeout: connectTimeoutMs,
        keepAlive: 10_000,
        socketTimeout: workerSilenceMs,
        // A worker has nothing better to do than to wait for its queue.
        maxRetriesPerRequest: null,
        retryStrategy: connectAgainAfterMs,
      };
      const worker = new Worker(name, processor, { ...options, connection, prefix });
      worker.on("error", (error) => failed(error, `worker of ${name} failed`));
      return worker;
    },
    ping: async (timeoutMs = pingTimeoutMs) => {
      await within(answer(producer), timeoutMs, "asking the queue");
    },
    reportFailure: failed,
    close: async () => {
      const closing = Promise.all([...queues.values()].map((queue) => queue.close()));
      await within(closing, closeTimeoutMs, "closing the queue").catch((error: unknown) =>
        failed(error, "the queue did not close"),
      );
      producer.disconnect();
    },
  };
}

/** Waits for a connection that is being made, because a first ping should not fail for being early. */
async function answer(producer: Redis): Promise<void> {
  if (producer.status === "connecting" || producer.status === "connect") {
    await new Promise((done) => {
      producer.once("ready", done);
      producer.once("close", done);
    });
  }
  await producer.ping();
}

/** Fails at once while Redis is away, and soon when it does not answer: a request must not wait for its bell. */
function connectProducer(redisUrl: string): Redis {
  return new Redis(redisUrl, {
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 1,
    connectTimeout: connectTimeoutMs,
    commandTimeout: commandTimeoutMs,
    socketTimeout: producerSilenceMs,
    keepAlive: 10_000,
    retryStrategy: connectAgainAfterMs,
  });
}

function openQueue(
  name: string,
  prefix: string,
  producer: Redis,
  failed: (error: unknown, what: string) => void,
): Queue {
  const queue = new Queue(name, {
    connection: producer,
    prefix,
    // Both together: otherwise a queue that was opened while Redis is down stays unusable for good.
    skipVersionCheck: true,
    skipWaitingForReady: true,
    defaultJobOptions: {
      removeOnComplete: retention.completed,
      removeOnFail: retention.failed,
    },
    streams: { events: { maxLen: queueEventsMax } },
  });
  queue.on("error", (error) => failed(error, `queue ${name} failed`));
  return queue;
}
