import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";

const every = ["postgres", "redis"] as const;
export type QueueBackend = (typeof every)[number];

/**
 * Whether tests may use Redis. Where `CI` is set the answer is always yes: a missing server fails there, in so many
 * tests as need it. Elsewhere they are left out, which `servers.test.ts` shows as skipped and the run says at its start.
 */
export const hasRedis = isSet(process.env["CI"]) || isOnPath("redis-server");

/** Every test that touches a queue runs once on each of these. */
export const queueBackends: readonly QueueBackend[] = hasRedis ? every : ["postgres"];

export const withoutRedisNotice =
  "redis-server is not installed, so nothing is tested on the Redis backend. Install it: apt-get install redis-server";

function isSet(value: string | undefined): boolean {
  return value !== undefined && value !== "";
}

function isOnPath(program: string): boolean {
  const folders = (process.env["PATH"] ?? "").split(delimiter).filter((folder) => folder !== "");
  return folders.some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
