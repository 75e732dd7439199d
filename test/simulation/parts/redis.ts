import { startRedisIn } from "../../support/redis-server.js";
import type { Part } from "./part.js";

export interface RedisPart extends Part {
  readonly url: string;
  /** Forgets everything, as an operator's mistake would. */
  readonly flush: () => Promise<void>;
}

/** A Redis of the storm's own. It keeps nothing on disk: killed, it comes back empty. */
export async function startRedisPart(runFolder: string): Promise<RedisPart> {
  const redis = await startRedisIn(runFolder);
  let isUp = true;
  return {
    name: "redis",
    url: redis.url,
    flush: () => redis.flush(),
    pids: async () => (isUp ? [redis.pid] : []),
    kill: async () => {
      isUp = false;
      await redis.kill();
    },
    start: async () => {
      if (!isUp) await redis.restart();
      isUp = true;
    },
    stop: () => redis.stop(),
  };
}
