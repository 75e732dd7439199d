import { setTimeout as sleep } from "node:timers/promises";
import { TimeoutError } from "../errors/errors.js";
import { refusedErrorOf } from "../errors/refused-error-of.js";
import { type Listing, listing, type ListOptions } from "../listing.js";
import { type RecordOptions, Recorder, type SendEvents } from "../recording/recorder.js";
import { newEventId } from "../transport/new-event-id.js";
import { type RequestOptions, type Send, segment } from "../transport/create-transport.js";
import type { Balance, UsageAnswers, UsageEvent, UsageRecord, UsageSummary } from "../types.js";

/** What was used, and what became of it. */
export interface Usage {
  /**
   * Charges one event and answers when it is charged. Refuses with {@link InsufficientCreditsError} and the like, and
   * nothing is taken then.
   */
  readonly meter: (event: UsageEvent, options?: RequestOptions) => Promise<Metered>;
  /**
   * Hands over up to 1,000 events. They are committed when this resolves, and charged in order by a worker: what a
   * wallet cannot cover then is rejected or follows the policy of the rate card. Give each event an `id`: one without gets
   * one that only this call knows, so that it could not be sent again after {@link NoAnswerError}.
   */
  readonly send: (events: readonly UsageEvent[], options?: RequestOptions) => Promise<UsageAnswers>;
  /**
   * Takes an event in memory and answers its id at once; it is sent in the background, with others, until Chargly has it.
   * Nobody hears here whether the wallet could pay. Throws {@link BufferFullError} when too many wait.
   */
  readonly record: (event: UsageEvent) => string;
  /** Resolves when Chargly has every event recorded so far. Rejects when they cannot be sent now; they are kept. */
  readonly flush: () => Promise<void>;
  /** The same, and records nothing more. Call it before the process ends. */
  readonly close: () => Promise<void>;
  /** By your own id of the event, or by Chargly's. */
  readonly get: (id: string, options?: RequestOptions) => Promise<UsageRecord>;
  /** The newest first. */
  readonly list: (options?: ListOptions & UsageFilter) => Listing<UsageRecord>;
  /** By event, model and day (UTC); the last 30 days unless told. */
  readonly summary: (options?: RequestOptions & UsageFilter) => Promise<UsageSummary>;
}

export interface UsageFilter {
  readonly customerId?: string | undefined;
  readonly event?: string | undefined;
  /** Accepted at or after this time. */
  readonly from?: string | undefined;
  /** Accepted before this time. */
  readonly to?: string | undefined;
}

/** An event that was charged. */
export interface Metered {
  /** Your own id of it. */
  readonly id: string;
  /** Chargly's id: `use_…` */
  readonly eventId: string;
  /** What was taken. */
  readonly credits: number;
  /** What the wallet could not cover and the rate card let pass. Otherwise 0. */
  readonly shortfall: number;
  /** Right after it. Null for an event that was charged by an earlier call and moved nothing. */
  readonly balance: Balance | null;
}

interface UsageAnswer {
  readonly eventId: string;
  readonly status: string;
  readonly credits: number | null;
  readonly shortfall?: number;
  readonly balance?: Balance;
}

const path = "/v1/usage";
const answers: readonly (keyof UsageAnswers)[] = ["accepted", "conflicts", "rejected"];
const looksMax = 5;
const firstPauseMs = 100;

export function createUsage(send: Send, recording: RecordOptions, idPrefix: string): Usage {
  const sendEvents: SendEvents = (text) => send({ method: "POST", path, text, needs: answers });
  const recorder = new Recorder(sendEvents, recording, idPrefix);
  const get: Usage["get"] = async (id, options) =>
    send(
      { method: "GET", path: `${path}/${segment("id", id)}`, needs: ["id", "status", "credits"] },
      options,
    );
  return {
    meter: async (event, options) => {
      const id = event.id ?? newEventId(idPrefix);
      const { status, credits, balance, shortfall, eventId } = await send<UsageAnswer>(
        {
          method: "POST",
          path,
          body: { ...event, id },
          sameAs: id,
          headers: { prefer: "wait" },
          needs: ["id", "eventId", "status"],
        },
        options,
      );
      if (status === "applied" && typeof credits === "number" && balance !== undefined)
        return { id, eventId, credits, shortfall: shortfall ?? 0, balance };
      return chargedEarlier(await untilCharged(get, id, options));
    },
    send: async (events, options) =>
      send(
        {
          method: "POST",
          path,
          body: events.map((event) => ({ ...event, id: event.id ?? newEventId(idPrefix) })),
          needs: answers,
        },
        options,
      ),
    record: (event) => recorder.record(event),
    flush: async () => recorder.flush(),
    close: async () => recorder.close(),
    get,
    list: ({ customerId, event, from, to, ...options } = {}) =>
      listing(send, path, options, { customerId, event, from, to }),
    summary: async ({ customerId, event, from, to, ...options } = {}) =>
      send(
        {
          method: "GET",
          path: `${path}/summary`,
          query: { customerId, event, from, to },
          needs: ["data", "total"],
        },
        options,
      ),
  };
}

/** An event that was handed over before, without waiting for it. As long as no worker was there it is not charged. */
async function untilCharged(
  get: Usage["get"],
  id: string,
  options: RequestOptions | undefined,
): Promise<UsageRecord> {
  for (let look = 1; ; look++) {
    const known = await get(id, options);
    if (known.status === "applied" || known.rejection !== null || look === looksMax) return known;
    await sleep(firstPauseMs * 2 ** (look - 1), undefined, { signal: options?.signal });
  }
}

function chargedEarlier({ id, eventId, ...known }: UsageRecord): Metered {
  const { status, credits, shortfall, balance, rejection } = known;
  if (status === "applied") return { id, eventId, credits, shortfall, balance };
  if (rejection === null)
    throw new TimeoutError(
      `The event ${id} was handed over before and is not charged yet. Ask again with the same id.`,
      undefined,
      id,
    );
  const { code, detail } = rejection;
  throw refusedErrorOf({ code, detail, title: "It was rejected before.", status: 409 });
}
