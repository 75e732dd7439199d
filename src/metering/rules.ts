import { assert } from "../kernel/assert.js";
import type { Credits } from "../kernel/credits.js";
import type {
  ApiKeyId,
  HoldId,
  ProjectId,
  QuoteId,
  UsageBatchId,
  UsageEventId,
  WalletId,
} from "../kernel/ids.js";
import type { RefusalCode } from "../kernel/refusals.js";

/** Events that are applied in one transaction, at most: more would keep others waiting for the same wallets. */
export const eventsPerTransaction = 1_000;
/** Small enough that whole batches fill a transaction. */
export const eventsPerBatch = 125;
/** Events of one request, at most. */
export const eventsPerRequest = 1_000;

/**
 * The shares into which a project's wallets are cut. Each is applied by one worker at a time. More lanes than cores
 * do not make it faster; they make the batches smaller.
 */
export const laneCount = 4;

/** What was used, as it was sent: units to be priced by the rate card, or the sender's own price. */
export interface UsageInput {
  /** The caller's own id of the event: sent again it is the same event. Chargly makes one up when it is left out. */
  readonly id?: string | undefined;
  readonly customerId: string;
  readonly event: string;
  readonly credits?: Credits | undefined;
  readonly quantity?: number | string | undefined;
  readonly properties?: Readonly<Record<string, number | string>> | undefined;
  /** When it happened, by the caller's clock; for reports only. */
  readonly at?: Date | undefined;
  readonly holdId?: HoldId | undefined;
  readonly quoteId?: QuoteId | undefined;
  readonly metadata?: Readonly<Record<string, unknown>> | undefined;
}

/** Whether a hold or a quote was promised to it: then it is applied at once, so that the promise is kept. */
export function isFunded({ holdId, quoteId }: UsageInput): boolean {
  return holdId !== undefined || quoteId !== undefined;
}

/** An event that is about to be accepted: it has its wallet and its price. */
export interface UsageEvent {
  readonly id: UsageEventId;
  readonly projectId: ProjectId;
  readonly walletId: WalletId;
  readonly key: string;
  readonly event: string;
  readonly model: string | null;
  /** `null` when the rate card could not price it: then `refusal` says why, and it is rejected when it is applied. */
  readonly credits: Credits | null;
  readonly refusal: RefusalCode | null;
  readonly ownPrice: boolean;
  readonly rateCardVersion: number;
  readonly quantity: number | string | null;
  readonly properties: Readonly<Record<string, number | string>> | null;
  readonly metadata: Readonly<Record<string, unknown>> | null;
  readonly occurredAt: Date | null;
  readonly holdId: HoldId | null;
  readonly quoteId: QuoteId | null;
  readonly apiKeyId: ApiKeyId | null;
  readonly requestId: string | null;
}

/** The lane of a wallet: the last bits of its id, which are random. */
export function laneOf(walletId: WalletId): number {
  return Number.parseInt(walletId.slice(-2), 16) % laneCount;
}

const placeDigits = 4;

/** The id of the event at a place of its batch, from 0: the batch's id with the place behind it. */
export function eventIdAt(batchId: UsageBatchId, place: number): UsageEventId {
  assert(place >= 0 && place < eventsPerBatch, "a batch has a bounded number of places");
  const digits = (place + 1).toString(16).padStart(placeDigits, "0");
  return `${batchId.slice(0, -placeDigits)}${digits}` as UsageEventId;
}

/** The batch of an event. */
export function batchOf(eventId: UsageEventId): UsageBatchId {
  return `${eventId.slice(0, -placeDigits)}${"0".repeat(placeDigits)}` as UsageBatchId;
}

/** A fresh time-ordered id made into that of a batch: its last two bytes are left for the places of its events. */
export function toBatchId(id: UsageBatchId): UsageBatchId {
  return batchOf(id as string as UsageEventId);
}

/** What an event says; two events with one id must say the same. What became of it does not count. */
export type UsageContent = Pick<
  UsageEvent,
  | "walletId"
  | "event"
  | "ownPrice"
  | "credits"
  | "quantity"
  | "properties"
  | "metadata"
  | "occurredAt"
  | "holdId"
  | "quoteId"
>;

/** Whether an event that comes again under the same id says the same. A price by the card may have changed since. */
export function sameContent(a: UsageContent, b: UsageContent): boolean {
  return (
    a.walletId === b.walletId &&
    a.event === b.event &&
    a.ownPrice === b.ownPrice &&
    (!a.ownPrice || a.credits === b.credits) &&
    a.quantity === b.quantity &&
    a.occurredAt?.getTime() === b.occurredAt?.getTime() &&
    a.holdId === b.holdId &&
    a.quoteId === b.quoteId &&
    canonical(a.properties) === canonical(b.properties) &&
    canonical(a.metadata) === canonical(b.metadata)
  );
}

/** JSON whose fields stand in order, so that their order makes no difference. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) =>
    typeof part === "object" && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
}
