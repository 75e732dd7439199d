/** Something that was spent, or held, at some time. What a hold gives back is taken off again. */
export interface Counted {
  readonly at: Date;
  credits: bigint;
}

/** How much of `2030-01-31T23:59:30Z` names its minute, its day and its month in UTC. */
const namedBy = { minute: 16, day: 10, month: 7 } as const;
export type NaivePeriod = keyof typeof namedBy;
export const naivePeriods: readonly NaivePeriod[] = ["minute", "day", "month"];

/** A spend limit that remembers all that ever counted, and adds up what falls into the same minute, day or month. */
export class NaiveLimit {
  readonly #max: Readonly<Partial<Record<NaivePeriod, bigint>>>;
  readonly #counted: Counted[] = [];

  constructor(max: Readonly<Partial<Record<NaivePeriod, bigint>>>) {
    this.#max = max;
  }

  spent(period: NaivePeriod, now: Date): bigint {
    const name = (at: Date) => at.toISOString().slice(0, namedBy[period]);
    return this.#counted
      .filter(({ at }) => name(at) === name(now))
      .reduce((sum, { credits }) => sum + credits, 0n);
  }

  hasRoom(credits: bigint, now: Date): boolean {
    return naivePeriods.every((period) => {
      const max = this.#max[period];
      return credits === 0n || max === undefined || this.spent(period, now) + credits <= max;
    });
  }

  count(credits: bigint, now: Date): Counted {
    const counted = { at: now, credits };
    this.#counted.push(counted);
    return counted;
  }
}
