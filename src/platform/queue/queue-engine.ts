import type { Processor, Queue, Worker, WorkerOptions } from "bullmq";

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
