import type { Chargly } from "../chargly.js";
import { expiresInSecondsDefault, type HoldOptions, type Run } from "../holding/place-hold.js";
import { charactersOf, guessTokens, type TokenUsage } from "./token-usage.js";
import { type Reading, watchIdle } from "./watch-idle.js";

/** Who pays for a model, and by which event of the rate card. */
export interface ModelOptions
  extends Pick<
    HoldOptions,
    | "max"
    | "description"
    | "expiresInSeconds"
    | "overCapture"
    | "onEnd"
    | "timeoutMs"
    | "maxRetries"
  > {
  readonly chargly: Pick<Chargly, "withHold">;
  readonly customerId: string;
  /** As the rate card names it. Its price counts `inputTokens` and `outputTokens`, by `model` if you like. */
  readonly event: string;
  /** The name of the model on the rate card, instead of its own. */
  readonly model?: string | undefined;
  /** Further properties of the event. */
  readonly properties?: Readonly<Record<string, number | string>> | undefined;
  /** Counts the tokens where the model did not; a token for every four characters unless told. */
  readonly guess?: ((prompt: unknown, outputCharacters: number) => TokenUsage) | undefined;
}

/** What was seen of a call to a model. */
export interface Seen {
  /** By the provider's count. */
  usage: TokenUsage | undefined;
  outputCharacters: number;
}

/** One call to a model, whole or as a stream. */
export interface ModelCall {
  readonly options: ModelOptions;
  readonly model: string;
  readonly prompt: unknown;
  readonly signal: AbortSignal | undefined;
}

/** Holds, asks the model, charges its tokens, gives the rest back. */
export async function runWhole<T>(
  call: ModelCall,
  ask: () => PromiseLike<T>,
  usageOf: (answer: T) => TokenUsage | undefined,
): Promise<T> {
  return withHold(call, async (run) => {
    const answer = await ask();
    await charge(call, run, usageOf(answer) ?? guess(call, charactersOf(answer)));
    return answer;
  });
}

/** A stream under a hold. */
export interface OpenStream<T> {
  readonly answer: T;
  readonly seen: Seen;
  /** A stream that nobody reads is given up: it would keep credits for a day. */
  readonly reading: Reading;
  /** Charges what was seen and waits until that is done. Only the first call counts. */
  readonly end: () => Promise<void>;
  /** Charges nothing, unless the error is an abort. */
  readonly fail: (error: unknown) => Promise<void>;
}

/** Holds, opens the stream, and leaves the hold open until the stream has ended, been cancelled or given up, or failed. */
export async function runStream<T>(
  call: ModelCall,
  open: () => PromiseLike<T>,
): Promise<OpenStream<T>> {
  return new Promise((resolve, reject) => {
    const seen: Seen = { usage: undefined, outputCharacters: 0 };
    const held = withHold(call, async (run) => {
      const answer = await open();
      const reading = watchIdle(call.options.expiresInSeconds ?? expiresInSecondsDefault);
      const how = await new Promise<{ readonly error?: unknown }>((ended) => {
        const over = async (end: { readonly error?: unknown }): Promise<void> => {
          reading.stop();
          ended(end);
          await held;
        };
        const fail = (error: unknown): Promise<void> =>
          isAbort(error) || call.signal?.aborted === true
            ? over({})
            : over({ error }).catch(() => undefined); // the stream throws it
        const end = (): Promise<void> => over({});
        reading.onGivenUp(() => void end().catch(() => undefined)); // `onEnd` is told
        resolve({ answer, seen, reading, end, fail });
      });
      if ("error" in how) throw how.error;
      await charge(call, run, seen.usage ?? guess(call, seen.outputCharacters));
    });
    held.catch(reject);
  });
}

function withHold<T>({ options, signal }: ModelCall, work: (run: Run) => Promise<T>): Promise<T> {
  const { chargly, customerId, overCapture = "upToAvailable" } = options;
  return chargly.withHold(customerId, { ...options, overCapture, signal }, work);
}

/** The hold has paid, so only what is beyond it can be missing. */
async function charge({ options, model }: ModelCall, run: Run, tokens: TokenUsage): Promise<void> {
  const properties = { ...options.properties, model, ...tokens };
  await run.meter({ event: options.event, properties });
}

function guess({ options, prompt }: ModelCall, outputCharacters: number): TokenUsage {
  return (options.guess ?? guessTokens)(prompt, outputCharacters);
}

/** OpenAI's own error of an abort has a class, but no name. */
function isAbort(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return error.name === "AbortError" || error.constructor.name === "APIUserAbortError";
}
