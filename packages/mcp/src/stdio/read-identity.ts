import type { Chargly } from "@chargly/sdk";
import type { Identity } from "../server/identity.js";
import { SettingsError, type StdioSettings } from "./read-settings.js";

/** Who a bearer stands for. */
export async function readIdentity(
  _chargly: Chargly,
  { kind, customerId }: StdioSettings,
): Promise<Identity> {
  if (kind === "secret" && customerId !== undefined) return { kind, customerId };
  throw new SettingsError("Tokens of agents and operators are not known here.");
}
