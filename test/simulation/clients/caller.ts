import { setTimeout as pause } from "node:timers/promises";
import type { Random } from "../random.js";
import type { Tally } from "../tally.js";

/** The answer that ended a request, after as many tries as it took. */
export interface Reply {
  readonly status: number;
  readonly json: Readonly<Record<string, unknown>>;
  readonly code: string;
  readonly replayed: boolean;
  /** Tries before this one of which nobody knows whether they had, or will have, an effect. */
  readonly lost: number;
}

export interface Order {
  readonly method: "GET" | "POST" | "PUT";
  readonly path: string;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Sends a request as a careful client does: the same bytes again until it is answered, or until patience ends. */
export type Call = (order: Order) => Promise<Reply | undefined>;

export interface CallerSettings {
  readonly webUrls: readonly string[];
  readonly apiKey: string;
  readonly random: Random;
  readonly tally: Tally;
  readonly patienceMs: number;
}

const tryMs = 4_000;

export function newCaller(settings: CallerSettings): Call {
  const { webUrls, apiKey, random, tally, patienceMs } = settings;
  const sendOnce = async ({ method, path, body, headers }: Order): Promise<Response> =>
    fetch(`${random.pick(webUrls)}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${apiKey}`,
        ...(body === undefined ? {} : { "content-type": "application/json" }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(tryMs),
    });
  return async (order) => {
    let lost = 0;
    for (const endMs = performance.now() + patienceMs; performance.now() < endMs; ) {
      const reply = await sendOnce(order)
        .then(async (response) => read(response, await response.text(), lost))
        .catch(() => undefined);
      if (reply !== undefined && !isTryAgain(reply)) {
        if (lost > 0) tally.add("answered after a lost try");
        if (reply.replayed) tally.add("answer replayed");
        return reply;
      }
      if (reply?.status === 500) tally.add("answered 500");
      if (reply === undefined) tally.add("try without an answer");
      else tally.add(`try answered ${reply.status}`);
      // Of a 5xx nobody knows; a 4xx says that nothing was done.
      if (reply === undefined || reply.status >= 500) lost++;
      await pause(50 + random.next() * 300);
    }
    return undefined;
  };
}

function read(response: Response, text: string, lost: number): Reply {
  const json: unknown = text.startsWith("{") ? JSON.parse(text) : {};
  const fields = typeof json === "object" && json !== null ? { ...json } : {};
  const code = "code" in fields ? String(fields.code) : "";
  const replayed = response.headers.get("idempotent-replayed") === "true";
  return { status: response.status, json: fields, code, replayed, lost };
}

const busyCodes: ReadonlySet<string> = new Set(["request_in_flight", "wallet_busy"]);

function isTryAgain({ status, code }: Reply): boolean {
  return status >= 500 || status === 429 || status === 408 || busyCodes.has(code);
}
