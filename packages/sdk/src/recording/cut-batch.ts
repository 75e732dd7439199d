/** An event that waits to be sent, as JSON. */
export interface Waiting {
  readonly id: string;
  readonly line: string;
  readonly bytes: number;
  /** Names a hold or a quote: those are charged before the answer, so fewer go at once. */
  readonly isFunded: boolean;
}

/** What one request of `POST /v1/usage` carries at most. */
export const batchLimits = { events: 1_000, funded: 100, bytes: 1_900_000 } as const;

/** How many of the first events go into one request: as many as the limits allow, and one at least. */
export function cutBatch(waiting: readonly Waiting[], eventsMax: number): number {
  let bytes = 0;
  let funded = 0;
  let count = 0;
  for (const event of waiting) {
    bytes += event.bytes + 1;
    if (event.isFunded) funded++;
    const fits = bytes <= batchLimits.bytes && funded <= batchLimits.funded;
    if (count > 0 && (count === eventsMax || !fits)) break;
    count++;
  }
  return count;
}
