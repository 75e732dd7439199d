import type { Random } from "../random.js";
import type { Stage } from "../stage.js";
import type { Tally } from "../tally.js";

export interface Scene {
  readonly stage: Stage;
  readonly random: Random;
  readonly tally: Tally;
  /** Told when a part that was killed is ready again. */
  readonly onReady: (part: string) => void;
  /** Whatever the queue had taken before it ended may be gone. */
  readonly emptying: (fault: () => Promise<boolean>) => Promise<boolean>;
}

/** One way in which the world goes wrong, and right again. It has ended, and is mended, when `strike` settles. */
export interface Fault {
  readonly name: string;
  /** What it harms: two faults with the same target never run at once. */
  readonly target: string;
  /** Answers whether it really took place. */
  readonly strike: (scene: Scene) => Promise<boolean>;
}
