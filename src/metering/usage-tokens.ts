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
