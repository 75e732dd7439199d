import { CharglyError, RefusedError } from "../errors/errors.js";
import { guarded, warn } from "../guarded.js";
import { newEventId } from "../transport/new-event-id.js";
import type { UsageAnswers, UsageEvent } from "../types.js";
import { batchLimits, cutBatch, type Waiting } from "./cut-batch.js";
import { judgeFailure } from "./judge-failure.js";
import { Spool } from "./spool.js";

/** How {@link Usage.record} works. All of it is optional. */
export interface RecordOptions {
  /** Events that wait at most, 10,000 unless told. One more is refused with {@link BufferFullError}. */
  readonly maxWaiting?: number | undefined;
  /** How long the first event waits for company, in milliseconds; 100 unless told. */
  readonly everyMs?: number | undefined;
  /**
   * A file that keeps events until they are acknowledged, so that those of a process that died are sent by the next one.
   * Each process needs its own. Events are in it as they are sent, the API key is not.
   */
  readonly spoolFile?: string | undefined;
  /** Told of each event that Chargly will never take. Without it a warning says how many. */
  readonly onRejected?: ((rejected: RejectedEvent) => void) | undefined;
  /** Told when events could not be sent; they are kept, and sent again. Without it a warning says so. */
  readonly onError?: ((error: CharglyError) => void) | undefined;
}

export interface RejectedEvent {
  readonly event: UsageEvent;
  readonly code: string;
  readonly detail: string;
}

/** Too many events wait. Nothing was recorded: slow down, or charge this one with `meter`. */
export class BufferFullError extends CharglyError {
  override readonly name = "BufferFullError";
}

/** Sends a list of events as JSON. */
export type SendEvents = (json: string) => Promise<UsageAnswers>;

interface Waiter {
  /** Resolves once so many events in all are through. */
  readonly until: number;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

const firstPauseMs = 500;
const pauseMsMax = 30_000;

/** Events in the order in which they were recorded, one request after the other, each kept until it is acknowledged. */
export class Recorder {
  private waiting: Waiting[] = [];
  private through = 0;
  private eventsMax: number = batchLimits.events;
  private failures = 0;
  /** How long the server asked to wait. */
  private askedMs = 0;
  private isSending = false;
  private isClosed = false;
  private timer: NodeJS.Timeout | undefined;
  private waiters: Waiter[] = [];
  private readonly spool: Spool | undefined;

  constructor(
    private readonly sendEvents: SendEvents,
    private readonly options: RecordOptions,
    private readonly idPrefix = "",
  ) {
    const { spoolFile } = options;
    if (spoolFile === undefined) return;
    this.spool = new Spool(spoolFile);
    this.waiting = this.spool.left.map((line) => waitingOf(JSON.parse(line) as NamedEvent, line));
    if (this.waiting.length > 0) this.wake(0);
  }

  record(event: UsageEvent): string {
    if (this.isClosed) throw new CharglyError("This client is closed: it records nothing more.");
    const { maxWaiting = 10_000, everyMs = 100 } = this.options;
    if (this.waiting.length >= maxWaiting)
      throw new BufferFullError(
        `${maxWaiting} events wait to be sent already. This one was not recorded.`,
      );
    const named = { ...event, id: event.id ?? newEventId(this.idPrefix) };
    const line = JSON.stringify(named);
    this.spool?.append(line);
    this.waiting.push(waitingOf(named, line));
    if (this.timer === undefined) this.wake(everyMs);
    // Once, not with every event: a timer that is set again and again never fires.
    else if (this.waiting.length === batchLimits.events && this.failures === 0) this.wake(0);
    return named.id;
  }

  async flush(): Promise<void> {
    if (this.waiting.length === 0) return;
    const until = this.through + this.waiting.length;
    const done = new Promise<void>((resolve, reject) => {
      this.waiters.push({ until, resolve, reject });
    });
    this.wake(0);
    await done;
  }

  async close(): Promise<void> {
    if (this.isClosed) return;
    this.isClosed = true;
    try {
      await this.flush();
    } finally {
      clearTimeout(this.timer);
      this.spool?.close();
    }
  }

  /** Sends soon. While it sends, it looks again by itself. */
  private wake(afterMs: number): void {
    if (this.isSending) return;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.sendAll(), afterMs);
    // With a spool nothing is lost by ending; the next process goes on.
    if (this.failures > 0 && this.spool !== undefined) this.timer.unref();
  }

  private async sendAll(): Promise<void> {
    this.isSending = true;
    try {
      while (this.waiting.length > 0 && (await this.sendBatch()));
    } finally {
      this.isSending = false;
      this.timer = undefined;
    }
    if (this.waiting.length === 0) return;
    if (!this.isClosed) this.wake(this.pauseMs());
  }

  /** Whether to go on at once. */
  private async sendBatch(): Promise<boolean> {
    const batch = this.waiting.slice(0, cutBatch(this.waiting, this.eventsMax));
    const json = `[${batch.map(({ line }) => line).join(",")}]`;
    const [sent] = await Promise.allSettled([this.sendEvents(json)]);
    if (sent.status === "rejected") return this.afterFailure(asCharglyError(sent.reason), batch);
    this.failures = 0;
    this.eventsMax = batchLimits.events;
    this.settle(batch.length);
    this.report(batch, sent.value);
    return true;
  }

  private afterFailure(error: CharglyError, batch: readonly Waiting[]): boolean {
    const judgement = judgeFailure(error, batch.length);
    switch (judgement.act) {
      case "split":
        this.eventsMax = Math.ceil(batch.length / 2);
        return true;
      case "drop":
        this.drop(judgement.at, error);
        return true;
      case "wait":
        this.failures++;
        this.askedMs = error instanceof RefusedError ? (error.retryAfterSeconds ?? 0) * 1_000 : 0;
        this.fail(error);
        return false;
    }
  }

  /** Those before it go first, so that what is through is always the beginning. */
  private drop(at: number, error: CharglyError): void {
    if (at > 0) {
      this.eventsMax = at;
      return;
    }
    const [dropped] = this.waiting;
    if (dropped === undefined) return;
    const { code, detail } = error instanceof RefusedError ? error : { code: "", detail: "" };
    this.reject([{ event: eventOf(dropped), code, detail }]);
    this.settle(1);
    this.eventsMax = batchLimits.events;
  }

  private settle(count: number): void {
    const done = this.waiting.splice(0, count);
    this.through += count;
    const bytes = done.reduce((sum, each) => sum + each.bytes + 1, 0);
    // Should the disk fail now, they are sent once more by the next process, and charged once.
    guarded(() => this.spool?.done(bytes, this.waiting));
    for (const { resolve } of this.waiters.filter(({ until }) => until <= this.through)) resolve();
    this.waiters = this.waiters.filter(({ until }) => until > this.through);
  }

  private report(batch: readonly Waiting[], { conflicts, rejected }: UsageAnswers): void {
    if (conflicts.length + rejected.length === 0) return;
    const byId = new Map(batch.map((waiting) => [waiting.id, waiting]));
    const other = {
      code: "usage_id_conflict",
      detail: "Another event with this id was sent before.",
    };
    const named = [...conflicts.map((each) => ({ ...other, ...each })), ...rejected];
    this.reject(
      named.flatMap(({ id, code, detail }) => {
        const waiting = byId.get(id);
        return waiting === undefined ? [] : [{ event: eventOf(waiting), code, detail }];
      }),
    );
  }

  private reject(rejected: readonly RejectedEvent[]): void {
    const { onRejected } = this.options;
    if (onRejected !== undefined) for (const each of rejected) guarded(() => onRejected(each));
    else warn(`${rejected.length} usage events were rejected: ${rejected[0]?.code}`);
  }

  private fail(error: CharglyError): void {
    const { onError = ({ message }) => warn(`Usage could not be sent, and waits. ${message}`) } =
      this.options;
    guarded(() => onError(error));
    for (const { reject } of this.waiters.splice(0)) reject(error);
  }

  private pauseMs(): number {
    if (this.failures === 0) return 0;
    const grown = Math.min(pauseMsMax, firstPauseMs * 2 ** (this.failures - 1));
    return Math.max(this.askedMs, grown * (0.5 + Math.random() / 2));
  }
}

type NamedEvent = UsageEvent & { readonly id: string };

function waitingOf({ id, holdId, quoteId }: NamedEvent, line: string): Waiting {
  const isFunded = holdId !== undefined || quoteId !== undefined;
  return { id, line, bytes: Buffer.byteLength(line), isFunded };
}

function eventOf({ line }: Waiting): UsageEvent {
  return JSON.parse(line) as UsageEvent;
}

function asCharglyError(error: unknown): CharglyError {
  return error instanceof CharglyError ? error : new CharglyError(String(error), undefined, error);
}
