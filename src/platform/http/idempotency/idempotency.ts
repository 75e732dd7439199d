import { createHash } from "node:crypto";
import type { Request } from "express";
import type { ProjectId } from "../../../kernel/ids.js";
import { Refusal } from "../../../kernel/refusals.js";
import type { Principal } from "../principal.js";

/** A caller's promise that all requests with this key are one request. */
export interface Idempotency {
  /** Keys are per project: two projects may use the same one. */
  readonly projectId: ProjectId;
  readonly key: string;
  /** SHA-256 over method, path and canonical body: 32 bytes. */
  readonly fingerprint: Buffer;
}

export const idempotencyKeyLengthMax = 255;
const visibleAscii = /^[\x21-\x7e]+$/;

/**
 * Reads `Idempotency-Key`. `undefined` without the header; throws `invalid_request` for one that cannot be kept. Those of
 * agents are kept per wallet, so that none can take, or meet, a key of the backend or of another customer's agent.
 */
export function readIdempotency(
  request: Request,
  principal: Principal,
  body: unknown,
): Idempotency | undefined {
  const key = request.headers["idempotency-key"];
  if (key === undefined) return undefined;
  if (typeof key !== "string" || key.length > idempotencyKeyLengthMax || !visibleAscii.test(key)) {
    throw new Refusal("invalid_request", {
      detail: `Send an Idempotency-Key of 1 to ${idempotencyKeyLengthMax} visible ASCII characters, such as a UUID.`,
      param: "Idempotency-Key",
    });
  }
  const fingerprint = fingerprintOf(request.method, request.originalUrl, body);
  const { projectId } = principal;
  if (principal.kind !== "agent") return { projectId, key, fingerprint };
  const digest = createHash("sha256").update(key).digest("base64url");
  return { projectId, key: `agent:${principal.walletId}:${digest}`, fingerprint };
}

/** The order of fields and the spaces between them do not change what a request asks for. */
export function fingerprintOf(method: string, path: string, body: unknown): Buffer {
  return createHash("sha256")
    .update(`${method} ${path}\n${JSON.stringify(canonical(body))}`)
    .digest();
}

/** The body came through the depth bound, so this cannot recurse far. */
function canonical(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(canonical);
  if (typeof value !== "object" || value === null) return value;
  return Object.entries(value)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, inner]) => [name, canonical(inner)]);
}
