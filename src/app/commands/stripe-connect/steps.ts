import { failureOf } from "../failure.js";

/** One step of a longer command, done or failed. */
export interface Step {
  readonly name: string;
  readonly ok: boolean;
  readonly detail: string;
  readonly durationMs: number;
}

/** Runs steps one after another, tells each as it ends, and keeps them for the report. */
export interface Steps {
  readonly done: readonly Step[];
  /** `work` answers its value and what to say about it. What it throws ends the step, and is thrown on. */
  readonly run: <T>(
    name: string,
    work: () => Promise<readonly [value: T, detail: string]>,
  ) => Promise<T>;
}

export function createSteps(tell: (step: Step) => void): Steps {
  const done: Step[] = [];
  const end = (name: string, ok: boolean, detail: string, startMs: number): void => {
    const step = { name, ok, detail, durationMs: Math.round(performance.now() - startMs) };
    done.push(step);
    tell(step);
  };
  return {
    done,
    run: async (name, work) => {
      const startMs = performance.now();
      try {
        const [value, detail] = await work();
        end(name, true, detail, startMs);
        return value;
      } catch (error) {
        end(name, false, failureOf(error).detail, startMs);
        throw error;
      }
    },
  };
}
