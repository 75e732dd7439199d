/** Where a process reads the time. The database's clock decides about money; this one only paces and labels. */
export interface Clock {
  /** Now, in milliseconds since 1970-01-01 UTC. */
  readonly nowMs: () => number;
}

export const systemClock: Clock = { nowMs: () => Date.now() };
