/** Something that was spent, or held, at some time. What a hold gives back is taken off again. */
export interface Counted {
  readonly at: Date;
  credits: bigint;
}

/** How much of `2030-01-31T23:59:30Z` names its minute, its day and its month in UTC. */
const namedBy = { minute: 16, day: 10, month: 7 } as const;
export type NaivePeriod = keyof typeof namedBy;
export const naivePeriods: readonly NaivePeriod[] = ["minute", "day", "month"];

/** What an agent's token may do beside. */
export interface NaiveBudget {
  /** The number of its wallet. */
  readonly wallet: number;
  readonly call?: bigint;
  readonly total?: bigint;
  readonly endsAt: Date;
}

/** A spend limit that remembers all that ever counted, and adds up what falls into the same minute, day or month. */
export class NaiveLimit {
  readonly #max: Readonly<Partial<Record<NaivePeriod, bigint>>>;
  readonly #counted: Counted[] = [];

  constructor(
    max: Readonly<Partial<Record<NaivePeriod, bigint>>>,
    readonly budget: NaiveBudget | null = null,
  ) {
    this.#max = max;
  }

  /** All that was ever counted and not given back. */
  get total(): bigint {
    return this.#counted.reduce((sum, { credits }) => sum + credits, 0n);
  }

  /** Whether it is a token that may not touch this wallet, or nothing any more. */
  bars(wallet: number, now: Date): boolean {
    return this.budget !== null && (this.budget.wallet !== wallet || this.budget.endsAt <= now);
  }

  spent(period: NaivePeriod, now: Date): bigint {
    const name = (at: Date) => at.toISOString().slice(0, namedBy[period]);
    return this.#counted
      .filter(({ at }) => name(at) === name(now))
      .reduce((sum, { credits }) => sum + credits, 0n);
  }

  /** The code with which it refuses to count so much, of a call that takes so much in all. */
  refusal(code: string, { credits, call }: NaiveCall, now: Date): string | undefined {
    if (credits === 0n) return undefined;
    const { budget } = this;
    if (budget !== null && budget.endsAt <= now) return "forbidden";
    if (budget?.call !== undefined && call > budget.call) return "agent_budget";
    if (budget?.total !== undefined && this.total + credits > budget.total) return "agent_budget";
    return this.hasRoom(credits, now) ? undefined : code;
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

export interface NaiveCall {
  readonly credits: bigint;
  readonly call: bigint;
}
