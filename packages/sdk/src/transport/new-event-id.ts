import { randomBytes } from "node:crypto";

/** What ids of events begin with that this key sends: an agent's token may send no others. */
export const idPrefixOf = (apiKey: string): string =>
  apiKey.startsWith("chg_agent_") ? "agent_" : "";

/** A UUIDv7 (RFC 9562): ids that begin with their time lie side by side in Chargly's index. */
export function newEventId(prefix = ""): string {
  const bytes = randomBytes(16);
  bytes.writeUIntBE(Date.now(), 0, 6);
  bytes[6] = 0x70 | ((bytes[6] ?? 0) & 0x0f);
  bytes[8] = 0x80 | ((bytes[8] ?? 0) & 0x3f);
  const hex = bytes.toString("hex");
  return `${prefix}${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
