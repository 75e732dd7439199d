/** How often each thing that a run is to reach was reached. */
export interface Tally {
  add(name: string, count?: number): void;
  of(name: string): number;
  readonly counts: ReadonlyMap<string, number>;
}

export function newTally(): Tally {
  const counts = new Map<string, number>();
  return {
    counts,
    add: (name, count = 1) => void counts.set(name, (counts.get(name) ?? 0) + count),
    of: (name) => counts.get(name) ?? 0,
  };
}
