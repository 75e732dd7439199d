import type { IncomingMessage } from "node:http";
import type { Express } from "express";
import type { AuthFailureLimit } from "./auth-failure-limit.js";
import { keyIn } from "./authenticate.js";
import type { Authenticate, Principal } from "./principal.js";

/** Who sends a request that Express has not seen; `undefined` for whoever Express is to refuse. */
export type AuthenticateInFront = (request: IncomingMessage) => Promise<Principal | undefined>;

/**
 * Looks keys up in front of the app, under the same limit for addresses that guess: from those only keys that worked
 * lately are looked up. What fails is counted once, by the app.
 */
export function authenticateInFront(
  app: Express,
  {
    authenticate,
    failures,
  }: { readonly authenticate: Authenticate; readonly failures: AuthFailureLimit },
): AuthenticateInFront {
  return async (request) => {
    const key = keyIn(request.headers.authorization);
    if (key === undefined) return undefined;
    const trusted = failures.trusts(key);
    if (!trusted && (await failures.blocks(addressOf(app, request)))) return undefined;
    const principal = await authenticate(key);
    if (principal === undefined || principal.kind === "ended") return undefined;
    if (!trusted) failures.trust(key);
    return principal;
  };
}

/** The address of the client as the app will see it, behind the proxies that it trusts. */
function addressOf(app: Express, { headers, socket }: IncomingMessage): string | undefined {
  const address: unknown = Reflect.get(app.request, "ip", { app, headers, socket });
  return typeof address === "string" ? address : undefined;
}
