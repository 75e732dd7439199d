import type { Chargly } from "@chargly/sdk";
import { operatorTools } from "../operator/operator-tools.js";
import type { Identity } from "../server/identity.js";
import { SettingsError, type StdioSettings } from "./read-settings.js";

/**
 * Who a bearer stands for, as the API says.
 *
 * @throws CharglyError when the API refuses the bearer or does not answer
 */
export async function readIdentity(
  chargly: Chargly,
  settings: Pick<StdioSettings, "kind" | "customerId">,
): Promise<Identity> {
  if (settings.kind === "secret" && settings.customerId !== undefined)
    return { kind: settings.kind, customerId: settings.customerId };
  if (settings.kind === "secret")
    return { kind: "operator", tools: new Set(operatorTools.map(({ name }) => name)) };
  const { kind, customerId, tools } = await chargly.agentTokens.self();
  const named = new Set(tools ?? []);
  if (kind === "agent" && customerId !== null) return { kind, customerId, tools: named };
  if (kind === "operator") return { kind, tools: named };
  throw new SettingsError("CHARGLY_TOKEN is no token of an agent or an operator.");
}
