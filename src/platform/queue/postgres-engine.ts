import {
  type BackendFactory,
  isPgPool,
  type PgPool,
  PostgresConnection,
  type PostgresConnectionOptions,
  PostgresQueueBackend,
  Queue,
  Worker,
} from "bullmq";
import pg from "pg";
import { assert } from "../../kernel/assert.js";
import type { EngineWorkerOptions, QueueEngine } from "./queue-engine.js";
import { limitedFailureLog, type Log } from "./log.js";
import { queueEventsMax, retention } from "./retention.js";
import { SchemaGate } from "./schema-gate.js";
import { within } from "./within.js";

export interface PostgresEngineOptions {
  readonly databaseUrl: string;
  readonly schema: string;
  readonly poolMax: number;
  readonly log: Log;
}

type PostgresBackends = BackendFactory<PostgresQueueBackend, PostgresConnectionOptions>;

/** One of them listens for new jobs. */
const workerPoolMax = 4;
const pingTimeoutMs = 1_000;
const closeTimeoutMs = 5_000;

/**
 * BullMQ remembers a failed first connection for good; this one asks our gate, which tries again. And it brings its own
 * pool: of the session that BullMQ opens by itself to listen for jobs it hears errors only a moment after it has connected,
 * and a server that dies in that moment would end the process by an error that nobody caught.
 */
class GatedConnection extends PostgresConnection {
  private ended: Promise<void> | undefined;

  constructor(
    private readonly sessions: PgPool,
    private readonly gate: SchemaGate,
  ) {
    super(sessions);
  }

  override waitUntilReady(): Promise<void> {
    return this.gate.open();
  }

  override close(): Promise<void> {
    this.ended ??= this.closeAll();
    return this.ended;
  }

  private async closeAll(): Promise<void> {
    try {
      await super.close();
    } finally {
      await this.sessions.end();
    }
  }
}

/** The queue inside our own database: one machine needs nothing else. */
export function openPostgresEngine(options: PostgresEngineOptions): QueueEngine {
  const { databaseUrl, schema, poolMax, log } = options;
  const failed = limitedFailureLog(log);
  const gate = new SchemaGate(databaseUrl, schema);
  const connection = new GatedConnection(openPool(databaseUrl, schema, poolMax), gate);
  connection.on("error", (error: unknown) => failed(error, "a queue connection broke"));
  const queues = new Map<string, Queue>();
  const shared: PostgresBackends = (name, settings) =>
    new PostgresQueueBackend(connection, name, settings, false);
  const reportFailure: QueueEngine["reportFailure"] = (error, what) => {
    gate.doubtAfter(error);
    failed(error, what);
  };
  return {
    kind: "postgres",
    queue: (name) => {
      const queue = queues.get(name) ?? openQueue(name, databaseUrl, shared, reportFailure);
      queues.set(name, queue);
      return queue;
    },
    queues: () => [...queues.values()],
    createWorker: (name, processor, workerOptions) =>
      openWorker(name, processor, workerOptions, options, gate, reportFailure),
    ping: (timeoutMs = pingTimeoutMs) =>
      within(answer(gate, connection), timeoutMs, "asking the queue"),
    reportFailure,
    close: async () => {
      const closing = Promise.all([...queues.values()].map((queue) => queue.close()));
      const ended = closing.then(() => connection.close());
      await within(ended, closeTimeoutMs, "closing the queue").catch((error: unknown) =>
        failed(error, "the queue did not close"),
      );
    },
  };
}

async function answer(gate: SchemaGate, connection: PostgresConnection): Promise<void> {
  await gate.open();
  await connection.pool.query("select 1");
}

function openQueue(
  name: string,
  databaseUrl: string,
  backends: PostgresBackends,
  reportFailure: QueueEngine["reportFailure"],
): Queue {
  const opened: unknown = new Queue(
    name,
    {
      connection: databaseUrl,
      defaultJobOptions: {
        removeOnComplete: retention.completed,
        removeOnFail: retention.failed,
      },
      streams: { events: { maxLen: queueEventsMax } },
    },
    backends,
  );
  assert(isQueue(opened), "BullMQ opens a queue");
  opened.on("error", (error) => reportFailure(error, `queue ${name} failed`));
  return opened;
}

function openWorker(
  name: string,
  processor: ConstructorParameters<typeof Worker>[1],
  workerOptions: EngineWorkerOptions,
  { databaseUrl, schema }: PostgresEngineOptions,
  gate: SchemaGate,
  reportFailure: QueueEngine["reportFailure"],
): Worker {
  const backends: PostgresBackends = (queueName, settings) =>
    new PostgresQueueBackend(
      new GatedConnection(openPool(databaseUrl, schema, workerPoolMax), gate),
      queueName,
      settings,
      true,
      queueName,
    );
  const opened: unknown = new Worker(
    name,
    processor,
    { ...workerOptions, connection: databaseUrl },
    backends,
  );
  assert(isWorker(opened), "BullMQ opens a worker");
  opened.on("error", (error) => reportFailure(error, `worker of ${name} failed`));
  return opened;
}

/** BullMQ's types name the backend; what is done with a queue or a worker is the same on both. */
function isQueue(opened: unknown): opened is Queue {
  return opened instanceof Queue;
}

function isWorker(opened: unknown): opened is Worker {
  return opened instanceof Worker;
}

/** Everything has an end: connecting, one query, one lock, a forgotten transaction, a silent line. */
function openPool(connectionString: string, schema: string, max: number): PgPool {
  const pool = new pg.Pool({
    connectionTimeoutMillis: 1_000,
    query_timeout: 3_000,
    statement_timeout: 2_500,
    lock_timeout: 1_000,
    idle_in_transaction_session_timeout: 5_000,
    idleTimeoutMillis: 30_000,
    keepAlive: true,
    application_name: "chargly-queue",
    options: `-c search_path="${schema}"`,
    connectionString,
    max,
  });
  // Whoever uses the session hears of its end by the next query.
  pool.on("connect", (session) => session.on("error", () => undefined));
  const opened: unknown = pool;
  assert(isPgPool(opened), "BullMQ takes a pool of pg"); // their types of its events differ
  return opened;
}
