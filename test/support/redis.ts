import { inject } from "vitest";
import { startRedisIn, type TestRedis } from "./redis-server.js";

export type { TestRedis } from "./redis-server.js";

/** Starts Debian's redis-server for a test file. Stop it in `afterAll`. */
export function startRedis(options: { readonly appendonly?: boolean } = {}): Promise<TestRedis> {
  return startRedisIn(inject("runFolder"), options);
}
