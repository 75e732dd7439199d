import { setTimeout as sleep } from "node:timers/promises";
import { RateLimiterMemory, RateLimiterQueue } from "rate-limiter-flexible";
import Stripe from "stripe";

/** How fast one client may ask. Stripe allows 25 a second in a sandbox, and its live traffic comes first. */
export interface Pace {
  readonly requestsPerSecond: number;
  /** Called before each request goes out, repeats included. What it throws ends the call instead. */
  readonly onRequest?: () => void;
  /** Told of each wait that Stripe asked for by 429, with its `Stripe-Rate-Limited-Reason`. */
  readonly onLimited?: (wait: { readonly reason: string; readonly waitMs: number }) => void;
}

const limitedTriesMax = 8;
const backoffFirstMs = 500;
const backoffMaxMs = 30_000;
const retryAfterMaxSeconds = 60;

/**
 * An HTTP client for Stripe's SDK that spaces its requests evenly and waits when Stripe answers 429: as long as
 * `Retry-After` says, or twice as long each time. The SDK itself does not repeat a 429. While one request waits, all do.
 */
export function createPacedHttpClient(pace: Pace): Stripe.HttpClient {
  const inner = Stripe.createNodeHttpClient();
  // One place per interval, so that no two seconds that overlap see more than was allowed.
  const places = new RateLimiterQueue(
    new RateLimiterMemory({ points: 1, duration: 1 / pace.requestsPerSecond }),
  );
  let quietUntilMs = 0;
  const turn = async (): Promise<void> => {
    do {
      await places.removeTokens(1);
      const waitMs = quietUntilMs - performance.now();
      if (waitMs > 0) await sleep(waitMs);
    } while (performance.now() < quietUntilMs);
    pace.onRequest?.();
  };
  return {
    getClientName: () => inner.getClientName(),
    makeRequest: async (...request) => {
      for (let limited = 0; ; limited++) {
        await turn();
        const response = await inner.makeRequest(...request);
        if (response.getStatusCode() !== 429 || limited >= limitedTriesMax) return response;
        const headers = response.getHeaders();
        const waitMs = waitMsOf(headers["retry-after"], limited, Math.random());
        await response.toJSON().catch(() => undefined); // read to its end, so that the connection serves again
        quietUntilMs = Math.max(quietUntilMs, performance.now() + waitMs);
        pace.onLimited?.({ reason: textOf(headers["stripe-rate-limited-reason"]), waitMs });
      }
    },
  };
}

/**
 * How long to wait after a 429: what Stripe says, else 0.5 s, 1 s, 2 s, … 30 s, less up to half at random.
 *
 * @param random from 0 to 1
 */
export function waitMsOf(retryAfter: unknown, limitedBefore: number, random: number): number {
  const seconds = Number(textOf(retryAfter) || Number.NaN);
  if (seconds >= 0 && seconds <= retryAfterMaxSeconds) return seconds * 1_000;
  return Math.min(backoffFirstMs * 2 ** limitedBefore, backoffMaxMs) * (1 - random / 2);
}

function textOf(header: unknown): string {
  return typeof header === "string" ? header : "";
}
