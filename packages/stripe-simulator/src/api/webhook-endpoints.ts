import { invalidRequest } from "../api-error.js";
import { keep } from "../acts/emit.js";
import { type ApiCall, listAnswer, route } from "../http/route.js";
import { randomText } from "../ids.js";
import type { JsonObject } from "../json.js";
import { flag, metadataFrom, text, textOr, texts } from "../params/read.js";
import { show } from "../render.js";
import { type EndpointRecord, renderEndpoint } from "../resources/webhook-endpoint.js";
import { born } from "../simulation.js";
import { mustFind } from "./find.js";

const endpointsMax = 16;

function checkUrl(url: string | null): string {
  if (url !== null && /^https?:\/\//.test(url) && URL.canParse(url)) return url;
  throw invalidRequest(
    "Invalid URL: An explicit scheme (such as https) must be provided.",
    "url",
    "url_invalid",
  );
}

/** A signing secret. */
export function newSecret(): string {
  return `whsec_${randomText(32)}`;
}

function create({ scene, params }: ApiCall): JsonObject {
  if (scene.book.all("webhook_endpoint").length >= endpointsMax) {
    throw invalidRequest(`You have reached the maximum of ${endpointsMax} webhook endpoints.`);
  }
  const enabledEvents = texts(params, "enabled_events");
  if (enabledEvents.length === 0) {
    throw invalidRequest("Invalid array", "enabled_events", "parameter_invalid_empty");
  }
  const endpoint = keep<EndpointRecord>(scene, {
    ...born(scene, "we"),
    kind: "webhook_endpoint",
    apiVersion: text(params, "api_version"),
    connect: flag(params, "connect"),
    description: text(params, "description"),
    enabledEvents,
    everyAccount: false,
    livemode: scene.book.livemode,
    metadata: metadataFrom(params),
    secret: newSecret(),
    status: "enabled",
    url: checkUrl(text(params, "url")),
  });
  return renderEndpoint(endpoint, true);
}

function update({ scene, params, id }: ApiCall): JsonObject {
  const endpoint = mustFind(scene, "webhook_endpoint", id);
  const disabled =
    params["disabled"] === undefined ? endpoint.status === "disabled" : flag(params, "disabled");
  const next: EndpointRecord = {
    ...endpoint,
    description: textOr(params, "description", endpoint.description),
    enabledEvents: params["enabled_events"]
      ? texts(params, "enabled_events")
      : endpoint.enabledEvents,
    metadata: metadataFrom(params, endpoint.metadata),
    status: disabled ? "disabled" : "enabled",
    url: params["url"] === undefined ? endpoint.url : checkUrl(text(params, "url")),
  };
  return show(scene, keep(scene, next));
}

function remove({ scene, id }: ApiCall): JsonObject {
  mustFind(scene, "webhook_endpoint", id);
  scene.book.remove(id);
  return { id, object: "webhook_endpoint", deleted: true };
}

/** The requests about webhook endpoints. */
export const webhookEndpointRoutes = [
  route("POST /v1/webhook_endpoints", "WebhookEndpointCreateParams", create),
  route("GET /v1/webhook_endpoints", "WebhookEndpointListParams", (call: ApiCall) =>
    listAnswer(call, { kind: "webhook_endpoint" }),
  ),
  route("GET /v1/webhook_endpoints/:id", "WebhookEndpointRetrieveParams", ({ scene, id }) =>
    show(scene, mustFind(scene, "webhook_endpoint", id)),
  ),
  route("POST /v1/webhook_endpoints/:id", "WebhookEndpointUpdateParams", update),
  route("DELETE /v1/webhook_endpoints/:id", "WebhookEndpointDeleteParams", remove),
];
