import type { KeepJobs } from "bullmq";

/**
 * How much of the past stays for an operator to see. On Postgres each finished job prunes the older ones, so
 * few are kept of those that went well.
 */
export const retention: { readonly completed: KeepJobs; readonly failed: KeepJobs } = {
  completed: { age: 3_600, count: 200 },
  failed: { age: 7 * 86_400, count: 1_000 },
};

/** BullMQ's event stream is only watched by Bull Board; nothing here is built on it. */
export const queueEventsMax = 1_000;
