/** How webhooks travel. Every setting keeps its value until it is set again. */
export interface DeliverySettings {
  /** `hold` keeps them until they are flushed, `drop` loses them. */
  readonly mode: "deliver" | "hold" | "drop";
  /** Extra copies of each event. */
  readonly duplicate: number;
  /** Send events in random order, even those of one change; spreads them over at least 25 ms. */
  readonly reorder: boolean;
  readonly delayMs: number;
  readonly delayJitterMs: number;
  /** Share of deliveries that get lost, 0 to 1. */
  readonly dropRate: number;
  readonly dropTypes: readonly string[];
  /** Seed of the random choices, so that a run can be repeated. */
  readonly seed: number;
  readonly retryBaseMs: number;
  readonly retryCapMs: number;
  readonly attemptsMax: number;
  readonly timeoutMs: number;
  readonly parallel: number;
}

/** What a fresh simulator does. */
export const usualDelivery: DeliverySettings = {
  mode: "deliver",
  duplicate: 0,
  reorder: false,
  delayMs: 0,
  delayJitterMs: 0,
  dropRate: 0,
  dropTypes: [],
  seed: 1,
  retryBaseMs: 200,
  retryCapMs: 5_000,
  attemptsMax: 12,
  timeoutMs: 10_000,
  parallel: 16,
};

/** One event on its way to one endpoint. */
export interface Delivery {
  readonly eventId: string;
  readonly type: string;
  readonly endpointId: string;
  readonly url: string;
  /** `given_up` after the last attempt, `dropped` when it was lost on purpose. */
  status: "waiting" | "held" | "delivered" | "given_up" | "dropped";
  attempts: number;
  /** The last HTTP status, 0 when there was no answer, null before the first attempt. */
  lastStatus: number | null;
}

/** Random numbers from 0 to 1 that repeat with their seed (mulberry32). */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
