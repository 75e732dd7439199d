/** What the thread that makes a load and the one that steers it see of each other while it runs. */
export interface LoadControl {
  /** Events a second. */
  readonly pace: () => number;
  readonly setPace: (eventsPerSecond: number) => void;
  /** Events in requests that were answered well, since the load was opened. */
  readonly answered: () => number;
  readonly countAnswered: (events: number) => void;
  readonly stopped: () => boolean;
  readonly stop: () => void;
}

/** More than any server answers: each connection sends as soon as it may. */
export const unpaced = 1e12;

const slots = { pace: 0, answered: 1, stopped: 2 } as const;

export function newControlMemory(): SharedArrayBuffer {
  return new SharedArrayBuffer(Object.keys(slots).length * Float64Array.BYTES_PER_ELEMENT);
}

/** Each slot has one writer. */
export function controlOf(memory: SharedArrayBuffer): LoadControl {
  const values = new Float64Array(memory);
  const read = (slot: number): number => values[slot] ?? 0;
  return {
    pace: () => read(slots.pace),
    setPace: (pace) => {
      values[slots.pace] = pace;
    },
    answered: () => read(slots.answered),
    countAnswered: (events) => {
      values[slots.answered] = read(slots.answered) + events;
    },
    stopped: () => read(slots.stopped) > 0,
    stop: () => {
      values[slots.stopped] = 1;
    },
  };
}
