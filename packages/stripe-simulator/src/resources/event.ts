import type { JsonObject } from "../json.js";
import type { EventRecord } from "../store/records.js";

export type { EventRecord };

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
