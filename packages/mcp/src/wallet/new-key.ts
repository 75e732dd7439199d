import { randomUUID } from "node:crypto";

/** The key by which an act is known when it is repeated: the caller's, or a new one. */
export function keyFor(given: string | undefined): string {
  return given ?? `mcp_${randomUUID()}`;
}
