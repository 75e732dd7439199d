import type { RefusalCode } from "../../kernel/refusals.js";
import type { RouteContract } from "./route.js";

type Facts = Pick<RouteContract, "auth" | "body" | "idempotent" | "rateLimit" | "refusals">;

const always = [
  "invalid_request",
  "unavailable",
  "internal",
] as const satisfies readonly RefusalCode[];
/** Also where requests are not limited: an address that guesses keys is. */
const whenMany = ["too_many_requests"] as const satisfies readonly RefusalCode[];
const withKey = ["unauthenticated", "forbidden"] as const satisfies readonly RefusalCode[];
const withBody = [
  "malformed_json",
  "body_too_large",
  "unsupported_media_type",
  "request_timeout",
  // The database may find that two of them want the same rows.
  "wallet_busy",
] as const satisfies readonly RefusalCode[];
const withIdempotency = [
  "idempotency_key_reused",
  "request_in_flight",
] as const satisfies readonly RefusalCode[];

/**
 * Every code that a route may answer: those of any route of its kind, then its own. What is refused before a route is
 * found (`method_not_allowed`, `headers_too_large`, `not_found` of a path) belongs to none.
 */
export function refusalsOf(route: Facts): readonly RefusalCode[] {
  return [
    ...new Set<RefusalCode>([
      ...always,
      ...(route.auth === "public" ? [] : withKey),
      ...(route.auth === "public" && route.rateLimit === "none" ? [] : whenMany),
      ...(route.body === undefined ? [] : withBody),
      ...(route.idempotent === true ? withIdempotency : []),
      ...(route.refusals ?? []),
    ]),
  ];
}
