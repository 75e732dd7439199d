import { once } from "node:events";
import { parentPort, Worker } from "node:worker_threads";
import { within } from "../../src/platform/queue/within.js";

/** A thread of compiled code that does what it is told, one order after the other. */
export interface BenchThread<Order, Result> {
  /** @param withinMs how long it may take before the benchmark gives up */
  readonly ask: (order: Order, withinMs: number) => Promise<Result>;
  readonly stop: () => Promise<void>;
}

interface Answer<Result> {
  readonly result?: Result;
  readonly failed?: string;
}

/** Starts a thread whose file calls {@link answerOrders}. */
export function startThread<Order, Result>(
  file: string,
  plan: unknown,
): BenchThread<Order, Result> {
  const thread = new Worker(file, { workerData: plan });
  return {
    ask: async (order, withinMs) => {
      const answered: Promise<unknown[]> = once(thread, "message");
      thread.postMessage(order);
      const [message] = await within(answered, withinMs, "a round of the benchmark");
      const { result, failed } = message as Answer<Result>;
      if (failed !== undefined) throw new Error(`a thread of the benchmark failed: ${failed}`);
      return result as Result;
    },
    stop: async () => {
      await thread.terminate();
    },
  };
}

/** The thread's side. What it is told comes from the one that started it, so its type is only stated. */
export function answerOrders(carryOut: (order: never) => Promise<unknown>): void {
  parentPort?.on("message", (order: unknown) => {
    carryOut(order as never).then(
      (result) => parentPort?.postMessage({ result }),
      (error: unknown) => parentPort?.postMessage({ failed: String(error) }),
    );
  });
}
