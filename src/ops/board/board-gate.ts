import type { RequestHandler } from "express";
import type { Logger } from "pino";

/** One failed job again, or all failed jobs of one queue. Job ids are BullMQ's own: digits, or a UUID on Postgres. */
const retries =
  /^\/api\/queues\/[a-z][a-z0-9-]{0,80}\/(?:(?!clean\/|retry\/)[A-Za-z0-9-]{1,64}\/retry|retry\/failed)$/;

/** The same by the patterns under which Bull Board declares its routes. */
const retryRoutes: ReadonlySet<string> = new Set([
  "/api/queues/:queueName/:jobId/retry",
  "/api/queues/:queueName/retry/:queueStatus",
]);

export const refusedHere =
  "Here jobs are read and retried, and nothing else: what is in the queue follows from the database.";

export function isRetry(method: string, path: string): boolean {
  return method === "PUT" && retries.test(path);
}

/**
 * Stands before Bull Board and lets through what reads, and retries. Bull Board's own settings only hide buttons.
 * Answers 403 in the shape that Bull Board's pages show to a person.
 */
export function boardGate(log: Logger): RequestHandler {
  return (request, response, next) => {
    if (request.method === "GET" || request.method === "HEAD") return next();
    if (isRetry(request.method, request.path)) {
      log.info({ path: request.path }, "an operator retries jobs");
      return next();
    }
    log.warn({ method: request.method }, "an operator was refused a change of the queue");
    response.status(403).json({ error: refusedHere, message: refusedHere });
  };
}

/** The second lock, behind Bull Board's router: decided by the route it chose, not by the text of the path. */
export async function allowRoute({
  method,
  route,
}: {
  readonly method: string;
  readonly route: string;
}): Promise<{ readonly allow: boolean; readonly message?: string }> {
  if (method === "get") return { allow: true };
  if (method === "put" && retryRoutes.has(route)) return { allow: true };
  return { allow: false, message: refusedHere };
}
