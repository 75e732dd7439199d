import type { Request, Response } from "express";
import { Refusal } from "../../kernel/refusals.js";
import type { AuthFailureLimit } from "./auth-failure-limit.js";
import type { Authenticate, EndedKey, Principal } from "./principal.js";
import { refuseOtherTools, type TokenAccess } from "./token-access.js";

const credentialsLengthMax = 512;

/** What a route wants of a bearer. */
export interface BearerNeeds {
  /** All of them. */
  readonly scopes: readonly string[];
  readonly tokens: TokenAccess<never> | undefined;
}

/**
 * Who sends this request. The key comes as `Authorization: Bearer KEY`, or as the user name of HTTP Basic.
 * Throws `unauthenticated`, `forbidden` (a tool or a scope is missing) or `too_many_requests` (an address that guesses).
 */
export async function principalOf(
  request: Request,
  response: Response,
  { scopes, tokens }: BearerNeeds,
  authenticate: Authenticate,
  failures: AuthFailureLimit,
): Promise<Principal> {
  const key = keyIn(request.headers.authorization);
  if (key === undefined) {
    response.set("WWW-Authenticate", 'Bearer realm="chargly"');
    throw new Refusal("unauthenticated", {
      detail:
        "Send an API key: Authorization: Bearer chg_test_… or as the user name of HTTP Basic.",
    });
  }
  await failures.check(request.ip, key);
  const principal = await authenticate(key);
  if (principal === undefined || principal.kind === "ended") {
    // One that has ended is no guess: counted, an agent that goes on with it would lock out all others of its address.
    if (principal === undefined) await failures.count(request.ip);
    response.set("WWW-Authenticate", 'Bearer realm="chargly", error="invalid_token"');
    throw noMoreOrNever(principal);
  }
  failures.trust(key);
  refuseOtherTools(tokens, principal);
  const missing = scopes.filter((scope) => !principal.scopes.has(scope));
  if (missing.length === 0) return principal;
  const named = missing.join(" ");
  response.set(
    "WWW-Authenticate",
    `Bearer realm="chargly", error="insufficient_scope", scope="${named}"`,
  );
  throw new Refusal("forbidden", {
    detail: `This key lacks the scope ${named}. Use a key that has it.`,
    extra: { requiredScopes: missing },
  });
}

function noMoreOrNever(ended: EndedKey | undefined): Refusal {
  return new Refusal("unauthenticated", {
    detail:
      ended?.because === "expired"
        ? "This token has expired. Ask whoever made it for another one."
        : "This API key or token is unknown, revoked or expired. Check it, or create another one.",
  });
}

/** The key in an `Authorization` header, or `undefined` when there is none that could be one. */
export function keyIn(authorization: string | undefined): string | undefined {
  if (authorization === undefined || authorization.length > credentialsLengthMax) return undefined;
  const [, scheme = "", credentials = ""] = /^(\w+) +(\S+) *$/.exec(authorization) ?? [];
  if (scheme.toLowerCase() === "bearer") return credentials;
  if (scheme.toLowerCase() !== "basic") return undefined;
  const [user = ""] = Buffer.from(credentials, "base64").toString("utf8").split(":", 1);
  return user === "" ? undefined : user;
}
