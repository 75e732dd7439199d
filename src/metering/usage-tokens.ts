import { Refusal } from "../kernel/refusals.js";
import type { Principal } from "../platform/http/principal.js";
import type { TokenAccess } from "../platform/http/token-access.js";
import { isList } from "./parse-usage.js";
import type { UsageInput } from "./rules.js";

/** One request of usage, as both of its doors have parsed it. */
interface ParsedUsage {
  readonly body: UsageInput | readonly UsageInput[];
}

/** Every event of an agent's request is its own customer's. The same for both doors of `POST /v1/usage`. */
export const usageTokens: TokenAccess<ParsedUsage> = {
  tools: ["meter_event"],
  whose: ({ body }) => ({
    customerIds: (isList(body) ? body : [body]).map(({ customerId }) => customerId),
  }),
};

const agentsPrefix = "agent_";

/**
 * Ids of events are the project's. An agent's begin with `agent_`, so that none of them is one that the backend wants later,
 * whose event would then be a conflict and free. An id that we make begins with `use_`.
 *
 * @throws Refusal `invalid_request` for an agent's id that begins otherwise
 */
export function refuseOthersIds(
  { kind }: Principal,
  sent: UsageInput | readonly UsageInput[],
  named: UsageInput | readonly UsageInput[],
): void {
  if (kind !== "agent") return;
  const events = isList(named) ? named : [named];
  const at = events.findIndex(({ id }) => id !== undefined && !id.startsWith(agentsPrefix));
  if (at === -1) return;
  const byKey = !isList(sent) && sent.id === undefined;
  throw new Refusal("invalid_request", {
    param: byKey ? "Idempotency-Key" : isList(sent) ? `[${at}].id` : "id",
    detail: byKey
      ? `The event has no id, so the Idempotency-Key becomes its id. Ids of events that an agent sends begin with ${agentsPrefix}: begin the key with it, or leave it out.`
      : `Ids of events that an agent sends begin with ${agentsPrefix}. Begin it with that, or leave it out, so that one is made.`,
  });
}
