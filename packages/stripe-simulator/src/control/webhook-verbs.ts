import { ApiError } from "../api-error.js";
import { matchesType } from "../api/events.js";
import { newSecret } from "../api/webhook-endpoints.js";
import { newId } from "../ids.js";
import { isObject, type Json, type JsonObject } from "../json.js";
import { show } from "../render.js";
import type { EventRecord } from "../resources/event.js";
import type { EndpointRecord } from "../resources/webhook-endpoint.js";
import type { Book } from "../store/book.js";
import type { DeliverySettings } from "../webhooks/delivery.js";
import { signPayload } from "../webhooks/signature.js";
import { numberOf, oneOf, optionsAt, textAt, textOf, textsOf } from "./arguments.js";
import { locate, type Stage, type Verb } from "./verbs.js";

function addEndpoint(stage: Stage, given: readonly Json[]): Json {
  const options = optionsAt(given, 0);
  const key = textOf(options, "key");
  const url = textOf(options, "url") ?? "";
  if (!URL.canParse(url)) throw new ApiError(400, `Not a URL: ${url}`);
  const endpoint: EndpointRecord = {
    kind: "webhook_endpoint",
    id: newId("we"),
    created: stage.simulation.now(),
    apiVersion: textOf(options, "apiVersion"),
    connect: options["connect"] === true,
    description: null,
    enabledEvents: textsOf(options, "enabledEvents") ?? ["*"],
    everyAccount: key === null,
    livemode: key?.includes("_live_") ?? false,
    metadata: {},
    secret: textOf(options, "secret") ?? newSecret(),
    status: "enabled",
    url,
  };
  if (key === null) {
    stage.deliverer.everyAccount.set(endpoint.id, endpoint);
  } else {
    const account = stage.simulation.accountFor(key);
    stage.simulation.book(account.id, endpoint.livemode).put(endpoint);
  }
  return { id: endpoint.id, secret: endpoint.secret };
}

function numberPart(options: JsonObject, name: keyof DeliverySettings): Partial<DeliverySettings> {
  const value = numberOf(options, name);
  return value === null ? {} : { [name]: value };
}

function setDelivery(stage: Stage, given: readonly Json[]): Json {
  const options = optionsAt(given, 0);
  const numbers = [
    "duplicate",
    "delayMs",
    "delayJitterMs",
    "dropRate",
    "seed",
    "retryBaseMs",
    "retryCapMs",
    "attemptsMax",
    "timeoutMs",
    "parallel",
  ] as const;
  let change: Partial<DeliverySettings> = {};
  for (const name of numbers) change = { ...change, ...numberPart(options, name) };
  if (options["mode"] !== undefined) {
    change = { ...change, mode: oneOf(options["mode"], ["deliver", "hold", "drop"]) };
  }
  if (typeof options["reorder"] === "boolean") change = { ...change, reorder: options["reorder"] };
  const dropTypes = textsOf(options, "dropTypes");
  if (dropTypes !== null) change = { ...change, dropTypes };
  stage.deliverer.configure(change);
  const { dropTypes: types, ...settings } = stage.deliverer.settings;
  return { ...settings, dropTypes: [...types] };
}

function eventOf(stage: Stage, id: string): { book: Book; event: EventRecord } {
  const { scene, record } = locate(stage, "event", id);
  return { book: scene.book, event: record };
}

function secretFor(stage: Stage, options: JsonObject, heard: readonly EndpointRecord[]): string {
  const secret = textOf(options, "secret");
  if (secret !== null) return secret;
  const id = textOf(options, "endpointId");
  if (id === null) {
    const [first] = heard;
    const fallback = first ?? [...stage.deliverer.everyAccount.values()][0];
    if (fallback) return fallback.secret;
    throw new ApiError(400, "Name a secret or an endpointId: no endpoint hears this event.");
  }
  const own = stage.deliverer.everyAccount.get(id);
  return own ? own.secret : locate(stage, "webhook_endpoint", id).record.secret;
}

function signedPayload(stage: Stage, given: readonly Json[]): Json {
  const options = optionsAt(given, 1);
  const timestamp = numberOf(options, "timestamp") ?? Math.floor(Date.now() / 1_000);
  const subject = given[0];
  if (isObject(subject)) {
    const body = JSON.stringify(subject, null, 2);
    return { body, header: signPayload(body, secretFor(stage, options, []), timestamp) };
  }
  const { book, event } = eventOf(stage, textAt(given, 0));
  const heard = stage.deliverer.listeners(book, event);
  const body = stage.deliverer.bodyFor(book, event, heard[0] ?? null);
  return { body, header: signPayload(body, secretFor(stage, options, heard), timestamp) };
}

function listEvents(stage: Stage, given: readonly Json[]): Json {
  const type = textOf(optionsAt(given, 0), "type");
  const { simulation } = stage;
  const found: { at: number; shown: JsonObject }[] = [];
  for (const book of simulation.books.values()) {
    for (const event of book.all("event")) {
      if (type !== null && !matchesType([type], event.type)) continue;
      found.push({ at: event.created, shown: show({ simulation, book }, event) });
    }
  }
  return found.sort((a, b) => a.at - b.at).map(({ shown }) => shown);
}

function flushOrder(options: JsonObject): "fifo" | "lifo" | "random" | string[] {
  const ids = textsOf(options, "order");
  if (ids !== null) return ids;
  return oneOf<"fifo" | "lifo" | "random">(options["order"], ["fifo", "lifo", "random"]);
}

/** The verbs about events and how they travel. */
export const webhookVerbs: Readonly<Record<string, Verb>> = {
  addEndpoint,
  setDelivery,
  signedPayload,
  events: listEvents,
  heldEvents: (stage) => stage.deliverer.heldEvents(),
  deliveries: (stage) => stage.deliverer.deliveries().map((delivery) => ({ ...delivery })),
  removeEndpoint(stage, given) {
    const id = textAt(given, 0);
    if (!stage.deliverer.everyAccount.delete(id)) {
      locate(stage, "webhook_endpoint", id).scene.book.remove(id);
    }
    return null;
  },
  async flushHeld(stage, given) {
    return { sent: await stage.deliverer.flush(flushOrder(optionsAt(given, 0))) };
  },
  async redeliver(stage, given) {
    const { book, event } = eventOf(stage, textAt(given, 0));
    const options = optionsAt(given, 1);
    const times = Math.min(1_000, Math.max(1, numberOf(options, "times") ?? 1));
    await stage.deliverer.redeliver(book, event, times, options["parallel"] === true);
    return null;
  },
  async waitForIdle(stage, given) {
    const timeoutMs = numberOf(optionsAt(given, 0), "timeoutMs") ?? 10_000;
    return { idle: await stage.deliverer.waitForIdle(timeoutMs) };
  },
  suppressEvents(stage, given) {
    const options = optionsAt(given, 0);
    stage.simulation.suppressions.push({
      types: textsOf(options, "types"),
      left: numberOf(options, "count") ?? Number.MAX_SAFE_INTEGER,
    });
    return null;
  },
};
