/** One API request that was answered. */
export interface LoggedRequest {
  readonly method: string;
  readonly path: string;
  /** 0 when the connection was cut or left without answer. */
  readonly status: number;
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly idempotencyKey: string | null;
  readonly account: string | null;
}

const entriesMax = 20_000;

/** The latest API requests, and how many there were in all. */
export class RequestLog {
  private entries: LoggedRequest[] = [];
  total = 0;

  add(entry: LoggedRequest): void {
    this.total += 1;
    this.entries.push(entry);
    if (this.entries.length > entriesMax * 2) this.entries = this.entries.slice(-entriesMax);
  }

  /** The kept requests whose path starts with the prefix, oldest first. */
  list(pathPrefix = ""): LoggedRequest[] {
    return this.entries.slice(-entriesMax).filter((entry) => entry.path.startsWith(pathPrefix));
  }

  clear(): void {
    this.entries = [];
    this.total = 0;
  }
}

/** The most requests that fell into any one second. */
export function peakPerSecond(entries: readonly LoggedRequest[]): number {
  const counts = new Map<number, number>();
  let peak = 0;
  for (const { at } of entries) {
    const second = Math.floor(at / 1_000);
    const count = (counts.get(second) ?? 0) + 1;
    counts.set(second, count);
    peak = Math.max(peak, count);
  }
  return peak;
}
