import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { CharglyError, NoAnswerError, TimeoutError } from "../errors/errors.js";
import { version } from "../version.js";
import { readAnswer } from "./read-answer.js";
import { delayBeforeRetry } from "./retry.js";

/** How one call is made. All of it is optional. */
export interface RequestOptions {
  /** Ends the call early; it rejects with the signal's reason. Whether the call had an effect is not known then. */
  readonly signal?: AbortSignal | undefined;
  /** For each attempt, instead of the client's. */
  readonly timeoutMs?: number | undefined;
  /** Further attempts after the first, instead of the client's. */
  readonly maxRetries?: number | undefined;
  /** For calls that move credits or money, instead of one made for the call: the same key is the same act. */
  readonly idempotencyKey?: string | undefined;
}

/** The part of `fetch` that is used. */
export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

export interface TransportOptions {
  readonly apiKey: string;
  readonly baseUrl: string;
  readonly fetch: Fetch;
  readonly timeoutMs: number;
  readonly maxRetries: number;
}

export interface Call {
  readonly method: "GET" | "POST" | "PUT";
  readonly path: string;
  readonly query?: Readonly<Record<string, string | number | undefined>>;
  readonly body?: unknown;
  /** The body, when it is JSON already. */
  readonly text?: string;
  /** Whether an `Idempotency-Key` goes with it. Everything else is safe to repeat as it is. */
  readonly idempotent?: boolean;
  /** What makes a repetition the same act, where that is not the header: the id of a usage event. */
  readonly sameAs?: string | undefined;
  readonly headers?: Readonly<Record<string, string>>;
  /** How long the server may take on purpose, beside the timeout. */
  readonly waitsMs?: number;
  /** Fields that an answer must have to be one. */
  readonly needs: readonly string[];
}

/** Sends a call, again if need be, and answers its JSON. */
export type Send = <T>(call: Call, options?: RequestOptions) => Promise<T>;

/** Requests with retries and timeouts. The API key stays in here. */
export function createTransport(settings: TransportOptions): Send {
  return async <T>(call: Call, options: RequestOptions = {}): Promise<T> => {
    const { signal, maxRetries = settings.maxRetries } = options;
    const key = call.idempotent === true ? (options.idempotencyKey ?? randomUUID()) : undefined;
    const body = call.body === undefined ? call.text : JSON.stringify(call.body);
    const id = randomUUID();
    for (let attempt = 1; ; attempt++) {
      signal?.throwIfAborted();
      const requestId = attempt === 1 ? id : `${id}.${attempt}`;
      try {
        return (await sendOnce(settings, call, { key, body, requestId, options })) as T;
      } catch (error) {
        if (!(error instanceof CharglyError)) throw error;
        const chance = Math.random();
        const delayMs = delayBeforeRetry(error, { attempt, maxRetries, chance });
        if (delayMs === undefined) throw error;
        await sleep(delayMs, undefined, { signal }).catch(() => signal?.throwIfAborted());
      }
    }
  };
}

interface Attempt {
  readonly key: string | undefined;
  readonly body: string | undefined;
  readonly requestId: string;
  readonly options: RequestOptions;
}

async function sendOnce(
  { apiKey, baseUrl, fetch, ...defaults }: TransportOptions,
  call: Call,
  { key, body, requestId, options }: Attempt,
): Promise<unknown> {
  const timeoutMs = (options.timeoutMs ?? defaults.timeoutMs) + (call.waitsMs ?? 0);
  const bound = boundSignal(options.signal, timeoutMs);
  try {
    const response = await fetch(`${baseUrl}${call.path}${queryOf(call.query)}`, {
      method: call.method,
      headers: {
        accept: "application/json",
        authorization: `Bearer ${apiKey}`,
        "user-agent": `chargly-sdk/${version} node/${process.versions.node}`,
        "x-request-id": requestId,
        ...(body === undefined ? {} : { "content-type": "application/json" }),
        ...(key === undefined ? {} : { "idempotency-key": key }),
        ...call.headers,
      },
      ...(body === undefined ? {} : { body }),
      // The key goes nowhere else, and a POST does not become a GET.
      redirect: "manual",
      signal: bound.signal,
    });
    return await readAnswer(response, call.needs, requestId);
  } catch (error) {
    options.signal?.throwIfAborted();
    if (error instanceof CharglyError) throw error;
    const what = `${call.method} ${call.path}`;
    const sameAs = key ?? call.sameAs;
    if (bound.isOver())
      throw new TimeoutError(
        `No answer to ${what} within ${timeoutMs} ms. Whether it happened is not known.`,
        requestId,
        sameAs,
      );
    throw new NoAnswerError(
      `No answer to ${what}: ${reasonOf(error)}. Whether it happened is not known.`,
      requestId,
      sameAs,
      error,
    );
  } finally {
    bound.release();
  }
}

/** One signal of the caller's and of the time. */
function boundSignal(signal: AbortSignal | undefined, timeoutMs: number) {
  const controller = new AbortController();
  let over = false;
  const timer = setTimeout(() => {
    over = true;
    controller.abort();
  }, timeoutMs);
  const abort = (): void => controller.abort();
  signal?.addEventListener("abort", abort, { once: true });
  return {
    signal: controller.signal,
    isOver: () => over,
    release: () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", abort);
    },
  };
}

function queryOf(query: Call["query"]): string {
  const params = new URLSearchParams();
  for (const [name, value] of Object.entries(query ?? {}))
    if (value !== undefined) params.set(name, String(value));
  return params.size === 0 ? "" : `?${params.toString()}`;
}

/** Node says why in the cause: `ECONNREFUSED`. */
function reasonOf(error: unknown): string {
  const { cause } = error instanceof Error ? error : { cause: undefined };
  if (cause instanceof Error && "code" in cause) return String(cause.code);
  return "the connection failed";
}

/** A value as one part of a path. Dots alone would name another path. */
export function segment(name: string, value: string): string {
  if (typeof value !== "string" || value === "" || value === "." || value === "..")
    throw new TypeError(`${name} must be an id of at least one visible character.`);
  return encodeURIComponent(value);
}
