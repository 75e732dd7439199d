import { setTimeout as sleep } from "node:timers/promises";
import { selectBacklog } from "../../src/metering/store/lanes.js";
import type { LoadControl } from "./load-control.js";
import type { Rig } from "./rig.js";

/** Keeps a load at the pace that the workers keep, as a sender does that heeds backpressure. */
export interface Steering {
  /** The largest lag that was seen since it was asked last, in ms. */
  readonly lagMax: () => number;
  readonly stop: () => Promise<void>;
}

const lookEveryMs = 250;
const lagAimMs = 500;
const faster = 1.05;
const slower = 0.9;
/** Above what is answered a higher pace changes nothing but how long it takes to come down again. */
const aboveAnswered = 1.3;
const paceMin = 1_000;

/** From now on the pace grows while the oldest event waits for less than half a second, and falls otherwise. */
export function steerLoad({ ctx }: Rig, control: LoadControl): Steering {
  let lagMaxMs = 0;
  let stopped = false;
  const steer = async (): Promise<void> => {
    let answered = control.answered();
    let atMs = performance.now();
    while (!stopped) {
      await sleep(lookEveryMs);
      const lagMs = Math.max(0, ...(await selectBacklog(ctx.db)).lagMs.values());
      lagMaxMs = Math.max(lagMaxMs, lagMs);
      const nowMs = performance.now();
      const rate = ((control.answered() - answered) * 1_000) / (nowMs - atMs);
      answered = control.answered();
      atMs = nowMs;
      const pace = control.pace() * (lagMs < lagAimMs ? faster : slower);
      control.setPace(Math.max(paceMin, Math.min(pace, rate * aboveAnswered + paceMin)));
    }
  };
  const steering = steer();
  // What it failed for is thrown by `stop`, not before.
  steering.catch(() => undefined);
  return {
    lagMax: () => {
      const seen = lagMaxMs;
      lagMaxMs = 0;
      return seen;
    },
    stop: async () => {
      stopped = true;
      await steering;
    },
  };
}
