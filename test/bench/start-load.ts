import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { within } from "../../src/platform/queue/within.js";
import type { LoadResult, LoadTarget } from "./load-thread.js";

export interface Load {
  /** Signs that many deliveries, then sends them as fast as they are answered. */
  readonly fire: (deliveries: number) => Promise<LoadResult>;
  readonly stop: () => Promise<void>;
}

const roundWithinMs = 120_000;

/** Starts the thread that makes the load. */
export function startLoad(file: string, target: LoadTarget): Load {
  const thread = new Worker(file, { workerData: target });
  return {
    fire: async (deliveries) => {
      thread.postMessage(deliveries);
      const answered: Promise<unknown[]> = once(thread, "message");
      const [answer] = await within(answered, roundWithinMs, "a round of deliveries");
      const result = answer as LoadResult | { readonly failed: string };
      if ("failed" in result) throw new Error(`the load failed: ${result.failed}`);
      return result;
    },
    stop: async () => {
      await thread.terminate();
    },
  };
}
