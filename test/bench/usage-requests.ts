import { randomInt } from "node:crypto";
import { customerName, tokensOf } from "./usage-shape.js";

/** What a load sends. */
export interface RequestShape {
  readonly port: number;
  readonly apiKey: string;
  /** `accept`: answered when committed; `wait`: when applied; `hold`: sets credits aside. */
  readonly kind: "accept" | "wait" | "hold";
  /** Events in one request: one is sent as an object, more as a list. */
  readonly events: number;
  readonly customers: number;
}

/** A request that is laid out, but for its ids. */
export interface PreparedRequest {
  /** The request with fresh ids. It is the same buffer each time. */
  readonly stamped: () => Buffer;
}

/** Answers ids that no other request has, as text of the same length. */
export type NextId = () => string;

const blankId = "00000000-0000-7000-8000-000000000000";
const holdSeconds = 3_600;

/** UUIDs that begin with their time, told apart by a count. */
export function createIds(): NextId {
  const run = randomInt(0x1000).toString(16).padStart(3, "0");
  let count = 0;
  return () => {
    const time = Date.now().toString(16).padStart(12, "0");
    const rest = (count++).toString(16).padStart(15, "0");
    return `${time.slice(0, 8)}-${time.slice(8)}-7${run}-8${rest.slice(0, 3)}-${rest.slice(3)}`;
  };
}

export function prepareRequest(shape: RequestShape, nextId: NextId): PreparedRequest {
  const request = Buffer.from(textOf(shape), "latin1");
  const places: number[] = [];
  for (let at = request.indexOf(blankId); at !== -1; at = request.indexOf(blankId, at + 1))
    places.push(at);
  return {
    stamped: () => {
      for (const place of places) request.write(nextId(), place, "latin1");
      return request;
    },
  };
}

function textOf(shape: RequestShape): string {
  const { kind, apiKey, port } = shape;
  const body = JSON.stringify(bodyOf(shape));
  const head = [
    `POST ${kind === "hold" ? "/v1/holds" : "/v1/usage"} HTTP/1.1`,
    `Host: 127.0.0.1:${port}`,
    `Authorization: Bearer ${apiKey}`,
    "Accept: application/json",
    "Content-Type: application/json",
    ...(kind === "wait" ? ["Prefer: wait"] : []),
    ...(kind === "hold" ? [`Idempotency-Key: ${blankId}`] : []),
    `Content-Length: ${Buffer.byteLength(body)}`,
  ];
  return `${head.join("\r\n")}\r\n\r\n${body}`;
}

function bodyOf({ kind, events, customers }: RequestShape): unknown {
  if (kind === "hold")
    return { customerId: customerOf(customers), credits: 5, expiresInSeconds: holdSeconds };
  const event = () => ({
    id: blankId,
    customerId: customerOf(customers),
    event: "chat.reply",
    properties: tokensOf(),
  });
  return events === 1 ? event() : Array.from({ length: events }, event);
}

function customerOf(customers: number): string {
  return customerName(randomInt(customers));
}
