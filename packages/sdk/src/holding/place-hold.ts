import { CaptureFailedError } from "../errors/capture-failed-error.js";
import { CharglyError } from "../errors/errors.js";
import type { Holds } from "../resources/holds.js";
import type { Metered, Usage } from "../resources/usage.js";
import type { RequestOptions } from "../transport/create-transport.js";
import type { Balance, CreditsIn, Hold, UsageEvent } from "../types.js";
import { guarded } from "../guarded.js";
import { keepOpen } from "./keep-open.js";
import { creditDigits, microCredits } from "./micro-credits.js";

export interface HoldOptions extends Omit<RequestOptions, "idempotencyKey"> {
  /** Credits to set aside. */
  readonly max: CreditsIn;
  /** For people; it stands on the statement. */
  readonly description?: string | undefined;
  /**
   * Seconds until the hold ends by itself should this process die, 10 to 86,400; 120 unless told. While the work runs it
   * is extended in time, for a day at most.
   */
  readonly expiresInSeconds?: number | undefined;
  /**
   * What happens to what was used beyond `max`. `reject`, which is usual: never more than `max` is charged.
   * `upToAvailable`: it is taken from what else the wallet has, as far as that goes.
   */
  readonly overCapture?: Hold["overCapture"] | undefined;
  /** Told once, when the hold has ended. */
  readonly onEnd?: ((receipt: HoldReceipt) => void) | undefined;
}

/** How a hold ended. */
export interface HoldReceipt {
  readonly holdId: string;
  readonly customerId: string;
  /** `unknown`: nobody answered; what was not captured goes back when the hold expires. */
  readonly outcome: "captured" | "released" | "unknown";
  /** What was charged in all, as far as it is known. */
  readonly credits: number;
  /** Right after it; null when it is not known. */
  readonly balance: Balance | null;
}

/** What the work under a hold can do. */
export interface Run {
  readonly holdId: string;
  readonly customerId: string;
  /** The caller's own: pass it on. */
  readonly signal: AbortSignal | undefined;
  /** Adds to what the work has cost so far. It is captured at the end, in one piece. */
  readonly use: (credits: CreditsIn) => void;
  /** Charges an event to the hold now, by the rate card. It stays charged whatever happens afterwards. */
  readonly meter: (event: Omit<UsageEvent, "customerId" | "holdId">) => Promise<Metered>;
}

/** Credits that are set aside, until one of the two ends that. */
export interface HeldCredits {
  readonly run: Run;
  /** Captures what was used and gives the rest back. Throws {@link CaptureFailedError}, with the work's `result`. */
  readonly capture: (result: unknown) => Promise<void>;
  /** After an error gives everything back; after an abort captures what was used. Does not throw. */
  readonly leave: (error: unknown) => Promise<void>;
}

export type PlaceHold = (customerId: string, options: HoldOptions) => Promise<HeldCredits>;

/** How long a hold lasts that nobody extends, unless told. */
export const expiresInSecondsDefault = 120;

/** Places the hold first: whoever cannot pay does not get the work. */
export function createPlaceHold(holds: Holds, usage: Usage): PlaceHold {
  return async (customerId, options) => {
    const { max, description, overCapture = "reject", signal, timeoutMs, maxRetries } = options;
    const { expiresInSeconds = expiresInSecondsDefault } = options;
    const limits = { timeoutMs, maxRetries };
    const order = { customerId, credits: max, description, overCapture, expiresInSeconds };
    const { id } = await holds.create(order, { ...limits, signal });
    const timer = keepOpen(() => holds.extend(id, { expiresInSeconds }, limits), expiresInSeconds);
    const held = new Held(holds, id, customerId, { ...options, overCapture }, limits, timer);
    const run: Run = {
      holdId: id,
      customerId,
      signal,
      use: (credits) => held.use(microCredits(credits)),
      meter: async (event) => {
        const metered = await usage.meter({ ...event, customerId, holdId: id }, limits);
        held.addMetered(microCredits(metered.credits));
        return metered;
      },
    };
    return {
      run,
      capture: (result) => held.capture(result),
      leave: (error) => held.leave(error),
    };
  };
}

/** What was used of a hold, and how it ends. */
class Held {
  private used = 0n;
  private metered = 0n;
  private ended = false;
  constructor(
    private readonly holds: Holds,
    private readonly id: string,
    private readonly customerId: string,
    private readonly options: HoldOptions,
    private readonly limits: RequestOptions,
    private readonly timer: { readonly stop: () => void },
  ) {}

  use(micro: bigint): void {
    if (this.ended) throw new CharglyError(`The hold ${this.id} has ended.`);
    this.used += micro;
  }

  addMetered(micro: bigint): void {
    this.metered += micro;
  }

  async capture(result: unknown): Promise<void> {
    this.end();
    const micro = this.chargeable();
    if (micro === 0n) return this.release();
    const credits = creditDigits(micro);
    const idempotencyKey = `capture-${this.id}`;
    const key = { ...this.limits, idempotencyKey };
    const [end] = await Promise.allSettled([
      this.holds.capture(this.id, { credits, close: true }, key),
    ]);
    if (end.status === "fulfilled")
      return this.tell("captured", microCredits(end.value.credits), end.value.balance);
    this.tell("unknown", 0n, null);
    const error: unknown = end.reason;
    if (!(error instanceof CharglyError)) throw error;
    throw new CaptureFailedError(error, this.id, credits, idempotencyKey, result);
  }

  async leave(error: unknown): Promise<void> {
    if (this.ended) return;
    this.end();
    if (!isAbort(error, this.options.signal)) return this.release();
    await this.capture(undefined).catch(() => undefined); // told as `unknown`
  }

  private end(): void {
    this.ended = true;
    this.timer.stop();
  }

  /** What could not be released goes back when the hold expires. */
  private async release(): Promise<void> {
    const [end] = await Promise.allSettled([this.holds.release(this.id, this.limits)]);
    const balance = end.status === "fulfilled" ? end.value.balance : null;
    this.tell(balance === null ? "unknown" : "released", 0n, balance);
  }

  /** What may still be captured of what was used. */
  private chargeable(): bigint {
    if (this.options.overCapture === "upToAvailable") return this.used;
    const left = microCredits(this.options.max) - this.metered;
    return this.used < left ? this.used : left > 0n ? left : 0n;
  }

  private tell(outcome: HoldReceipt["outcome"], micro: bigint, balance: Balance | null): void {
    const { id: holdId, customerId } = this;
    const credits = Number(creditDigits(micro + this.metered));
    guarded(() => this.options.onEnd?.({ holdId, customerId, outcome, credits, balance }));
  }
}

function isAbort(error: unknown, signal: AbortSignal | undefined): boolean {
  return signal?.aborted === true || (error instanceof Error && error.name === "AbortError");
}
