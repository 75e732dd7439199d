import type { JsonObject } from "../json.js";
import type { RecordBase } from "../store/record-base.js";
import type { StoredRecord } from "../store/records.js";

/** Something that happened. It holds the version of the object that it happened to. */
export interface EventRecord extends RecordBase {
  readonly kind: "event";
  /** The connected account that it happened in, or null for the account's own events. */
  readonly account: string | null;
  readonly idempotencyKey: string | null;
  readonly livemode: boolean;
  readonly previousAttributes: JsonObject | null;
  readonly requestId: string | null;
  readonly subject: StoredRecord;
  readonly type: string;
}

/** What an event's rendering needs from around it. */
export interface EventSurroundings {
  readonly apiVersion: string;
  readonly pendingWebhooks: number;
  /** The subject, rendered from the version that the event holds. */
  readonly object: JsonObject;
}

/** Renders an event. */
export function renderEvent(event: EventRecord, around: EventSurroundings): JsonObject {
  const data: JsonObject = { object: around.object };
  if (event.previousAttributes !== null) data["previous_attributes"] = event.previousAttributes;
  return {
    id: event.id,
    object: "event",
    ...(event.account === null ? {} : { account: event.account }),
    api_version: around.apiVersion,
    created: event.created,
    data,
    livemode: event.livemode,
    pending_webhooks: around.pendingWebhooks,
    request: { id: event.requestId, idempotency_key: event.idempotencyKey },
    type: event.type,
  };
}
