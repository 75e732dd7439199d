import {
  type BackendFactory,
  PostgresConnection,
  type PostgresConnectionOptions,
  PostgresQueueBackend,
  Queue,
} from "bullmq";
import { Redis } from "ioredis";
import { contract } from "./contract.js";

/** The queue that Chargly works from: the same Redis, or the same database, as its processes have. */
export type QueueAddress =
  | { readonly redisUrl: string; readonly databaseUrl?: undefined }
  | { readonly databaseUrl: string; readonly redisUrl?: undefined };

export interface OpenQueue {
  readonly addBulk: Queue["addBulk"];
  readonly close: () => Promise<void>;
}

const jobs = {
  defaultJobOptions: {
    attempts: contract.attempts,
    removeOnComplete: contract.keepCompleted,
    removeOnFail: contract.keepFailed,
  },
  streams: { events: { maxLen: contract.queueEvents } },
};

/** Connects, and rejects soon when nobody answers. Whoever adds hears of later failures, so errors are not thrown. */
export async function openQueue(address: QueueAddress): Promise<OpenQueue> {
  return address.redisUrl === undefined
    ? openOnPostgres(address.databaseUrl)
    : openOnRedis(address.redisUrl);
}

async function openOnRedis(redisUrl: string): Promise<OpenQueue> {
  const connection = new Redis(redisUrl, {
    lazyConnect: true,
    enableOfflineQueue: false,
    maxRetriesPerRequest: 1,
    connectTimeout: 2_000,
    commandTimeout: 5_000,
    retryStrategy: null,
  });
  let problem: unknown;
  connection.on("error", (error) => {
    problem = error; // `connect` itself only says that the connection is closed
  });
  try {
    await connection.connect();
  } catch (error) {
    connection.disconnect();
    throw problem ?? error;
  }
  const prefix = contract.redisPrefix;
  const options = {
    ...jobs,
    connection,
    prefix,
    skipVersionCheck: true,
    skipWaitingForReady: true,
  };
  const queue = new Queue(contract.queue, options);
  queue.on("error", ignore);
  return {
    addBulk: (entries) => queue.addBulk(entries),
    close: async () => {
      await queue.close();
      connection.disconnect();
    },
  };
}

type PostgresBackends = BackendFactory<PostgresQueueBackend, PostgresConnectionOptions>;

async function openOnPostgres(databaseUrl: string): Promise<OpenQueue> {
  // Chargly makes the tables; a producer only needs the right to use them.
  const connection = new PostgresConnection({
    connectionString: databaseUrl,
    schema: contract.postgresSchema,
    max: 2,
    connectionTimeoutMillis: 2_000,
    query_timeout: 5_000,
    keepAlive: true,
    application_name: "chargly-usage-producer",
  });
  connection.on("error", ignore);
  try {
    await connection.waitUntilReady();
  } catch (error) {
    await connection.close();
    throw error;
  }
  const backends: PostgresBackends = (name, settings) =>
    new PostgresQueueBackend(connection, name, settings, false);
  const queue = new Queue(contract.queue, { ...jobs, connection: databaseUrl }, backends);
  queue.on("error", ignore);
  return {
    addBulk: (entries) => queue.addBulk(entries),
    close: async () => {
      await queue.close();
      await connection.close();
    },
  };
}

function ignore(): void {
  // The call that met it rejects.
}
