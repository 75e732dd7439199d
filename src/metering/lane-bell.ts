import type { MeteringContext } from "./context.js";
import { laneName, ringLanes } from "./jobs.js";
import type { Lane } from "./store/lanes.js";

/** Rings for lanes. Nobody waits for it, and what is not heard is swept. */
export interface LaneBell {
  readonly ring: (lanes: readonly Lane[]) => void;
  /** Rings for what is still held back, and waits for it. */
  readonly drained: () => Promise<void>;
}

/** A worker drains a lane until it is empty, so ringing more often only costs the queue. */
const pauseMs = 100;

/** Rings at once for a lane that was quiet, and at most every {@link pauseMs} for one that is busy. */
export function createLaneBell(ctx: Pick<MeteringContext, "ringer" | "log">): LaneBell {
  const waiting = new Map<string, Lane>();
  let ringing: Promise<void> | undefined;
  let pause: NodeJS.Timeout | undefined;

  const ringNow = (): void => {
    pause = undefined;
    const lanes = [...waiting.values()];
    waiting.clear();
    ringing = ringLanes(ctx.ringer, lanes)
      .catch((error: unknown) => ctx.log.error({ err: error }, "ringing for usage failed"))
      .finally(() => {
        ringing = undefined;
        pause = setTimeout(() => {
          pause = undefined;
          if (waiting.size > 0) ringNow();
        }, pauseMs);
        pause.unref();
      });
  };

  return {
    ring: (lanes) => {
      for (const lane of lanes) waiting.set(laneName(lane), lane);
      if (ringing === undefined && pause === undefined && waiting.size > 0) ringNow();
    },
    drained: async () => {
      await ringing;
      clearTimeout(pause);
      pause = undefined;
      if (waiting.size > 0) ringNow();
      await ringing;
      clearTimeout(pause);
      pause = undefined;
    },
  };
}
