import type { Counted, NaiveLimit } from "./naive-limit.js";

export interface NaiveLot {
  readonly lotNo: number;
  readonly priority: number;
  readonly expiresAt: Date | null;
  readonly given: boolean;
  readonly purchase: string | null;
  free: bigint;
  held: bigint;
}

export interface NaiveHold {
  /** The lot of each micro-credit that it still has, in burn order. */
  readonly credits: number[];
  readonly takesMore: boolean;
  readonly expiresAt: Date;
  readonly limits: Limits;
  readonly counted: readonly Counted[];
}

/** The limits that count, the key's first, each with the code of its refusal. */
export type Limits = readonly (readonly [code: string, limit: NaiveLimit])[];

/** The burn order of the design, one sentence after the other. */
export function burnsBefore(a: NaiveLot, b: NaiveLot): boolean {
  if (a.priority !== b.priority) return a.priority < b.priority;
  const aEnds = a.expiresAt?.getTime() ?? Number.POSITIVE_INFINITY;
  const bEnds = b.expiresAt?.getTime() ?? Number.POSITIVE_INFINITY;
  if (aEnds !== bEnds) return aEnds < bEnds;
  if (a.given !== b.given) return a.given;
  return a.lotNo < b.lotNo;
}
