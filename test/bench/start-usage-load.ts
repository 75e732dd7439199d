import { controlOf, type LoadControl, newControlMemory, unpaced } from "./load-control.js";
import type { Rig } from "./rig.js";
import { startThread } from "./threads.js";
import type { UsageLoadOrder, UsageLoadPlan, UsageLoadResult } from "./usage-load-thread.js";

export interface UsageLoad {
  readonly control: LoadControl;
  /** Sends for so long, or until the control stops it. Throws unless every answer has this status. */
  readonly fire: (seconds: number, status: string) => Promise<UsageLoadResult>;
  readonly stop: () => Promise<void>;
}

export type LoadShape = Omit<UsageLoadPlan, "port" | "apiKey" | "control">;

const extraMs = 60_000;

/** Starts the thread that makes the load; it sends as fast as it is answered until it is given a pace. */
export function startUsageLoad(rig: Rig, url: string, shape: LoadShape): UsageLoad {
  const memory = newControlMemory();
  const control = controlOf(memory);
  control.setPace(unpaced);
  const plan: UsageLoadPlan = {
    ...shape,
    port: Number(new URL(url).port),
    apiKey: rig.apiKey,
    control: memory,
  };
  const file = rig.compiled("test/bench/usage-load-thread.js");
  const thread = startThread<UsageLoadOrder, UsageLoadResult>(file, plan);
  return {
    control,
    fire: async (seconds, status) => {
      const result = await thread.ask({ seconds }, seconds * 1_000 + extraMs);
      const others = Object.keys(result.statuses).filter((each) => each !== status);
      if (others.length > 0)
        throw new Error(`not every answer was ${status}: ${JSON.stringify(result.statuses)}`);
      return result;
    },
    stop: thread.stop,
  };
}
