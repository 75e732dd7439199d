/** What queues, jobs and schedules say about themselves. The shape fits pino. */
export interface Log {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
  child(bindings: Record<string, unknown>): Log;
}

/** Tells of a failure that may repeat a thousand times a second. */
export type FailureLog = (error: unknown, what: string) => void;

const kindsMax = 100;

/**
 * Logs each kind of failure once per interval, with the number of those that were left out. A server that is
 * down makes each connection report it again and again; the log must stay readable.
 */
export function limitedFailureLog(log: Log, everyMs = 10_000): FailureLog {
  const seen = new Map<string, { atMs: number; omitted: number }>();
  return (error, what) => {
    const kind = `${what}: ${reasonOf(error)}`;
    const last = seen.get(kind);
    const nowMs = performance.now();
    if (last !== undefined && nowMs - last.atMs < everyMs) {
      last.omitted += 1;
      return;
    }
    if (seen.size >= kindsMax) seen.clear();
    seen.set(kind, { atMs: nowMs, omitted: 0 });
    log.warn({ reason: reasonOf(error), omitted: last?.omitted ?? 0 }, what);
  };
}

/** The message of an error; Node reports a refused connection to several addresses without one. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.message !== "") return error.message;
  return "code" in error && typeof error.code === "string" ? error.code : error.name;
}
