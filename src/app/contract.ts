import type { ContractDocument } from "../contract/document.js";
import { describeApi } from "../contract/describe-api.js";
import type { RouteContract } from "../platform/http/route.js";
import { receiverContract } from "../stripe-events/routes.js";
import { apiRoutes } from "./api-routes.js";

/** What the contract describes: the API, and what Stripe calls. */
export const contractOperations: readonly RouteContract[] = [...apiRoutes, receiverContract];

/** `openapi.json` for a server at this address. */
export function describeContract(serverUrl: string): ContractDocument {
  return describeApi(contractOperations, serverUrl);
}

/** The file in the repository. A server serves the same with its own address. */
export const committedFile = "openapi.json";

export function contractText(): string {
  return `${JSON.stringify(describeContract("/"), null, 2)}\n`;
}
