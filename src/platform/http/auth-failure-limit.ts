import { hash } from "node:crypto";
import { isIPv6 } from "node:net";
import { RateLimiterMemory, type RateLimiterRes } from "rate-limiter-flexible";
import { Refusal } from "../../kernel/refusals.js";

const windowSeconds = 60;
const trustedKeysMax = 10_000;

/**
 * Stops an address that guesses keys before the database is asked again. A key that worked lately is let through all
 * the same: one wrong key behind a shared address must not lock out its neighbours.
 */
export class AuthFailureLimit {
  readonly #failures: RateLimiterMemory;
  readonly #trusted = new Map<string, true>();

  constructor(private readonly perMinute: number) {
    this.#failures = new RateLimiterMemory({ points: perMinute, duration: windowSeconds });
  }

  /** Whether a key worked lately. */
  trusts(key: string): boolean {
    return this.#trusted.has(digestOf(key));
  }

  /** Whether keys that did not work lately are refused from this address. */
  async blocks(ip: string | undefined): Promise<boolean> {
    return (await this.#blockOf(ip)) !== undefined;
  }

  async check(ip: string | undefined, key: string): Promise<void> {
    if (this.trusts(key)) return;
    const state = await this.#blockOf(ip);
    if (state === undefined) return;
    throw new Refusal("too_many_requests", {
      detail:
        "Too many requests with unknown API keys came from this address. Check the key, then retry.",
      retryAfterSeconds: state.msBeforeNext / 1000,
    });
  }

  async #blockOf(ip: string | undefined): Promise<RateLimiterRes | undefined> {
    const state = await this.#failures.get(addressGroup(ip));
    return state === null || state.consumedPoints < this.perMinute ? undefined : state;
  }

  async count(ip: string | undefined): Promise<void> {
    await this.#failures.penalty(addressGroup(ip));
  }

  /** Remembers a key that works, as a digest; the oldest goes first. Whether it still works is asked every time. */
  trust(key: string): void {
    const digest = digestOf(key);
    this.#trusted.delete(digest);
    this.#trusted.set(digest, true);
    if (this.#trusted.size <= trustedKeysMax) return;
    for (const oldest of this.#trusted.keys()) {
      this.#trusted.delete(oldest);
      return;
    }
  }
}

/** One caller owns a whole IPv6 /64, so that is what counts as one address. */
export function addressGroup(ip: string | undefined): string {
  if (ip === undefined) return "unknown";
  const plain = ip.replace(/^::ffff:(?=\d+\.)/i, "");
  if (!isIPv6(plain)) return plain;
  const [head = "", tail] = plain.split("::");
  const groups = head.split(":").filter(Boolean);
  if (tail !== undefined) {
    const rest = tail.split(":").filter(Boolean);
    while (groups.length + rest.length < 8) groups.push("0");
    groups.push(...rest);
  }
  return `${groups.slice(0, 4).join(":")}::/64`;
}

function digestOf(key: string): string {
  return hash("sha256", key, "base64");
}
