import { createHash } from "node:crypto";
import { ApiError } from "../api-error.js";

/** An answer that can be given again. */
export interface KeptAnswer {
  readonly status: number;
  readonly body: string;
}

interface Remembered {
  readonly fingerprint: string;
  readonly path: string;
  readonly at: number;
  answer: KeptAnswer | null;
}

const keptSeconds = 24 * 3_600;
const keptMax = 200_000;

/** Remembers the first answer to each idempotency key for a day. */
export class IdempotencyKeys {
  private readonly kept = new Map<string, Remembered>();

  /** The kept answer, or null when this request is the first with its key, which is then in flight. */
  begin(name: string, path: string, body: string, nowSeconds: number): KeptAnswer | null {
    const fingerprint = createHash("sha256")
      .update(path)
      .update("\n")
      .update(body)
      .digest("base64");
    const before = this.kept.get(name);
    if (before === undefined || nowSeconds - before.at > keptSeconds) {
      this.forgetOldest();
      this.kept.delete(name);
      this.kept.set(name, { fingerprint, path, at: nowSeconds, answer: null });
      return null;
    }
    const key = name.slice(name.indexOf("|") + 1);
    if (before.fingerprint !== fingerprint) {
      throw new ApiError(
        400,
        `Keys for idempotent requests can only be used with the same parameters they were first used with. Try using a key other than '${key}' if you meant to execute a different request.`,
        { type: "idempotency_error" },
      );
    }
    if (before.answer !== null) return before.answer;
    throw new ApiError(
      409,
      `There is currently another in-progress request using this Stripe-Idempotency key (that probably means you submitted twice, and the other request is still going through): ${key}. If you see this error frequently, make sure you submit each request with a unique key.`,
      { type: "idempotency_error", code: "idempotency_key_in_use" },
    );
  }

  /** Keeps the answer of the request that began. */
  finish(name: string, answer: KeptAnswer): void {
    const entry = this.kept.get(name);
    if (entry) entry.answer = answer;
  }

  /** Forgets a request that was refused before it did anything. */
  abandon(name: string): void {
    this.kept.delete(name);
  }

  clear(): void {
    this.kept.clear();
  }

  private forgetOldest(): void {
    if (this.kept.size < keptMax) return;
    const [oldest] = this.kept.keys();
    if (oldest !== undefined) this.kept.delete(oldest);
  }
}
