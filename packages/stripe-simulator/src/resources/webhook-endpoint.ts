import type { JsonObject } from "../json.js";
import type { Metadata } from "../params/read.js";
import type { RecordBase } from "../store/record-base.js";

/** Where events are sent. */
export interface EndpointRecord extends RecordBase {
  readonly kind: "webhook_endpoint";
  readonly apiVersion: string | null;
  /** Whether it receives the events of connected accounts instead of the account's own. */
  readonly connect: boolean;
  readonly description: string | null;
  readonly enabledEvents: readonly string[];
  /** Whether it receives the events of every account; only the control API makes such endpoints. */
  readonly everyAccount: boolean;
  readonly livemode: boolean;
  readonly metadata: Metadata;
  readonly secret: string;
  readonly status: "enabled" | "disabled";
  readonly url: string;
}

/** Renders a webhook endpoint; Stripe shows the secret only in the answer that creates it. */
export function renderEndpoint(endpoint: EndpointRecord, withSecret = false): JsonObject {
  return {
    id: endpoint.id,
    object: "webhook_endpoint",
    api_version: endpoint.apiVersion,
    application: null,
    created: endpoint.created,
    description: endpoint.description,
    enabled_events: [...endpoint.enabledEvents],
    livemode: endpoint.livemode,
    metadata: { ...endpoint.metadata },
    ...(withSecret ? { secret: endpoint.secret } : {}),
    status: endpoint.status,
    url: endpoint.url,
  };
}
