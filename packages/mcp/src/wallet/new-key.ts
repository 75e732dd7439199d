import { randomUUID } from "node:crypto";

/** The key by which an act is known when it is repeated: the caller's, or a new one. */
export function keyFor(given: string | undefined): string {
  return given ?? `mcp_${randomUUID()}`;
}

/** The same for the id of an event. An agent's begin with `agent_`, whatever it called them. */
export function eventIdFor(kind: "agent" | "secret", given: string | undefined): string {
  const id = keyFor(given);
  return kind === "secret" || id.startsWith("agent_") ? id : `agent_${id}`;
}
