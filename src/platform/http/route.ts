import type { Request } from "express";
import type { Logger } from "pino";
import { z } from "zod";
import { assert } from "../../kernel/assert.js";
import type { RefusalCode } from "../../kernel/refusals.js";
import type { Idempotency } from "./idempotency/idempotency.js";
import type { AgentPrincipal, Principal } from "./principal.js";
import type { RefusalPage } from "./problem-page.js";
import type { Reply } from "./reply.js";
import { looseObjectIn } from "./strict-schema.js";
import type { TokenAccess } from "./token-access.js";

export type RouteMethod = "get" | "post" | "put" | "patch" | "delete";
/** `public`: anybody. Otherwise an API key that has all of these scopes. */
export type RouteAuth = "public" | { readonly scopes: readonly string[] };
/** What one status answers: JSON of a schema, or something that is not JSON. */
export type ResponseShape = z.ZodType | "page" | "text" | "redirect" | "empty";
type NoFields = z.ZodObject<Record<never, never>>;

export interface RouteRateLimit {
  /** Requests a second for one key, or for one address where the route is public. */
  readonly perSecond: number;
}

/** What a handler gets: everything parsed, nothing to check again. */
export interface Call<Ctx, Params = unknown, Query = unknown, Body = unknown, Who = unknown> {
  readonly ctx: Ctx;
  readonly params: Params;
  readonly query: Query;
  readonly body: Body;
  /** The key that asks; `undefined` on public routes. */
  readonly principal: Who;
  /** Set when the route is `idempotent` and the request carries an `Idempotency-Key`. */
  readonly idempotency: Idempotency | undefined;
  readonly requestId: string;
  /** Aborts when the client went away or the time for the request is over. */
  readonly signal: AbortSignal;
  readonly request: Request;
  /** Lines written here carry the request id. */
  readonly log: Logger;
}

/** What tells whom a call of an agent is about. */
export type AgentCall<Ctx, Params = unknown, Query = unknown, Body = unknown> = Pick<
  Call<Ctx, Params, Query, Body, AgentPrincipal>,
  "ctx" | "params" | "query" | "body" | "principal"
>;

/** What is said of a route, for whoever calls it. */
interface RouteFacts {
  readonly method: RouteMethod;
  /** Express syntax with plain segments: `/v1/wallets/:customerId`. */
  readonly path: string;
  /** Unique: `resource.verb`, such as `wallets.get`. It is the operation id of the contract and the method of the SDK. */
  readonly operationId: string;
  readonly summary: string;
  readonly description?: string;
  readonly tags: readonly string[];
  /** By status. Problems need no entry: `refusals` names them. */
  readonly response: Readonly<Record<number, ResponseShape>>;
  /** By status, what the documentation shows where the example of the schema is no answer of that status. */
  readonly shown?: Readonly<Record<number, unknown>>;
  /** What it refuses beside what `refusalsOf` knows of any route of its kind. Tests fail on an answer that is not named. */
  readonly refusals?: readonly RefusalCode[];
  /** Headers that the handler reads itself, by name: what each does. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Content types besides our JSON that the body may have, each with what it is. */
  readonly otherBodies?: Readonly<Record<string, z.ZodType>>;
  /** May answer with a file instead, such as CSV, or with JSON of the declared schema that is sent piece by piece. */
  readonly downloads?: boolean;
  /** Takes `Idempotency-Key`. Needs an API key, since keys belong to a project. */
  readonly idempotent?: boolean;
  /** Refuse numbers such as `1e3`, whose digits are not what they are worth: for bodies that carry amounts. */
  readonly exactNumbers?: boolean;
  /** Largest body in bytes; the limit of the app otherwise. */
  readonly bodyLimitBytes?: number;
  /** A limit of its own, or `"none"`; the limit of the app otherwise. */
  readonly rateLimit?: RouteRateLimit | "none";
  /** Time for the handler; the limit of the app otherwise. */
  readonly timeoutMs?: number;
  /** Log successful requests at debug level only: probes and scrapes. */
  readonly quiet?: boolean;
  /**
   * Makes this a page for people: a browser is refused with this page, other clients with problem+json. Query fields
   * that are not declared are dropped instead of refused, because mails and ads add theirs to any link.
   */
  readonly refusalPage?: RefusalPage;
}

export interface RouteDeclaration<
  Ctx,
  Auth extends RouteAuth,
  Params extends z.ZodObject,
  Query extends z.ZodObject,
  Body extends z.ZodType,
> extends RouteFacts {
  readonly auth: Auth;
  /** Lets agents' and operators' tokens call it. They are refused without. */
  readonly tokens?: TokenAccess<AgentCall<Ctx, z.output<Params>, z.output<Query>, z.output<Body>>>;
  readonly params?: Params;
  readonly query?: Query;
  readonly body?: Body;
  /** A body as the documentation shows it. */
  readonly example?: z.input<Body>;
  // A method, not a property: its parameter may then be narrower than what the erased Route says.
  handle(
    call: Call<
      Ctx,
      z.output<Params>,
      z.output<Query>,
      z.output<Body>,
      Auth extends "public" ? undefined : Principal
    >,
  ): Promise<Reply>;
}

/** A route as the contract sees it: schemas in reach, types erased. */
export interface RouteContract extends RouteFacts {
  readonly auth: RouteAuth;
  readonly tokens?: TokenAccess<never>;
  readonly params: z.ZodObject;
  readonly query: z.ZodObject;
  /** `undefined` for methods that take no body. */
  readonly body: z.ZodType | undefined;
  readonly example?: unknown;
}

/** A declared route as the app sees it. */
export interface Route<Ctx> extends RouteContract {
  readonly tokens?: TokenAccess<AgentCall<Ctx>>;
  handle(call: Call<Ctx>): Promise<Reply>;
}

const noFields: NoFields = z.strictObject({});
const withBody: ReadonlySet<RouteMethod> = new Set(["post", "put", "patch"]);

/**
 * Declares a route: `defineRoute<AppContext>()({ method: "get", path: ..., handle: async ({ ctx }) => reply.ok(...) })`.
 * Unknown fields are refused: top-level objects are made strict here, nested ones must be `z.strictObject`.
 */
export function defineRoute<Ctx>() {
  return <
    const Auth extends RouteAuth,
    Params extends z.ZodObject = NoFields,
    Query extends z.ZodObject = NoFields,
    Body extends z.ZodType = NoFields,
  >(
    declaration: RouteDeclaration<Ctx, Auth, Params, Query, Body>,
  ): Route<Ctx> => {
    const takesBody = withBody.has(declaration.method);
    const query = declaration.query ?? noFields;
    const route: Route<Ctx> = {
      ...declaration,
      params: (declaration.params ?? noFields).strict(),
      query: declaration.refusalPage === undefined ? query.strict() : query.strip(),
      body: takesBody ? strictAtTop(declaration.body ?? noFields) : undefined,
    };
    assertSound(route, declaration.body !== undefined);
    return route;
  };
}

function strictAtTop(schema: z.ZodType): z.ZodType {
  return schema instanceof z.ZodObject && schema.def.catchall === undefined
    ? schema.strict()
    : schema;
}

function assertSound<Ctx>(route: Route<Ctx>, hasBody: boolean): void {
  const { operationId } = route;
  assert(
    /^[a-z][a-zA-Z0-9]*\.[a-z][a-zA-Z0-9]*$/.test(operationId),
    `${operationId} is a resource and a verb, both camelCase`,
  );
  assert(route.path.startsWith("/"), `the path of ${operationId} starts with /`);
  const named = [...route.path.matchAll(/:(\w+)/g)].map((match) => match[1] ?? "");
  const declared = Object.keys(route.params.shape);
  assert(
    named.length === declared.length && named.every((name) => declared.includes(name)),
    `${operationId} declares exactly the params of ${route.path}`,
  );
  assert(Object.keys(route.response).length > 0, `${operationId} declares a response`);
  assert(
    !hasBody || route.body !== undefined,
    `${operationId} takes no body, being a ${route.method}`,
  );
  assert(
    route.idempotent !== true || (route.body !== undefined && route.auth !== "public"),
    `${operationId} is idempotent, so it takes a body and a key`,
  );
  assert(
    route.tokens === undefined || route.auth !== "public",
    `${operationId} is public, so tokens need no leave`,
  );
  const query = route.refusalPage === undefined ? route.query : undefined;
  for (const schema of [query, route.body]) {
    const loose = schema === undefined ? undefined : looseObjectIn(schema);
    assert(loose === undefined, `${operationId} takes strict objects only, but not at "${loose}"`);
  }
}
