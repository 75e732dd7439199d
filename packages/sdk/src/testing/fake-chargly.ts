import { Chargly, type CharglyOptions } from "../chargly.js";
import type { CreditPackTerms } from "../resources/credit-packs.js";
import type { Fetch } from "../transport/create-transport.js";
import type { CreditsIn, RateCardTerms } from "../types.js";
import { expireHolds, holdRoutes } from "./hold-routes.js";
import { purchaseRoutes } from "./purchase-routes.js";
import { quoteRoutes } from "./quote-routes.js";
import { Refusal, refuse } from "./refuse.js";
import type { FakeRequest, FakeRoute } from "./route.js";
import { payCheckout, saleRoutes } from "./sale-routes.js";
import { statementRoute } from "./statement-route.js";
import { usageRoutes } from "./usage-routes.js";
import { walletRoutes } from "./wallet-routes.js";
import { createWorld, walletOf, type World } from "./world.js";

/** What is there at the beginning. */
export interface FakeCharglyOptions {
  /** Credits by customer: `{ user_123: 47 }`. */
  readonly wallets?: Readonly<Record<string, CreditsIn>>;
  /** What is for sale, by code. */
  readonly creditPacks?: Readonly<Record<string, CreditPackTerms>>;
  readonly rateCard?: RateCardTerms;
}

/**
 * Chargly in memory, for tests of applications: the same client, the same answers and refusals, no server. Nothing expires but
 * holds; refunds and disputes, agents' tokens and what operators do are not there.
 */
export interface FakeChargly {
  /** A client of it. Pass it to what is tested. */
  readonly chargly: Chargly;
  /** Another one, with options of its own. */
  readonly client: (options?: CharglyOptions) => Chargly;
  /** Instead of Node's, for a client that is made elsewhere. */
  readonly fetch: Fetch;
  /** Pays a checkout as the customer would, by its address or id. */
  readonly pay: (checkout: string) => void;
  /** Lets time pass: holds expire, limits begin anew. */
  readonly advance: (seconds: number) => void;
  /** The next `calls` get no answer, as from a server that is away; the client tries again. */
  readonly goAway: (calls?: number) => void;
}

const baseUrl = "http://chargly.test";
const apiKey = "chg_test_fake";
const routes: readonly FakeRoute[] = [
  ...walletRoutes,
  statementRoute,
  ...saleRoutes,
  ...purchaseRoutes,
  ...quoteRoutes,
  ...holdRoutes,
  ...usageRoutes,
];

/** Makes a Chargly that is only in memory. Each has its own credits. */
export async function createFakeChargly(options: FakeCharglyOptions = {}): Promise<FakeChargly> {
  let aheadMs = 0;
  let away = 0;
  const world = createWorld(baseUrl, () => Date.now() + aheadMs);
  const replays = new Map<string, Replay>();
  const fetch: Fetch = async (url, init) => {
    if (away > 0) {
      away--;
      throw new TypeError("fetch failed");
    }
    return answer(world, replays, new URL(url), init);
  };
  const client = (more: CharglyOptions = {}): Chargly =>
    new Chargly({ apiKey, baseUrl, fetch, ...more });
  const chargly = client();
  const { wallets = {}, creditPacks = {}, rateCard } = options;
  if (rateCard !== undefined) await chargly.rateCards.publish(rateCard);
  for (const [code, terms] of Object.entries(creditPacks))
    await chargly.creditPacks.publish(code, terms);
  for (const [customerId, credits] of Object.entries(wallets))
    await chargly.wallets.grant(customerId, { credits, reason: "at the beginning" });
  return {
    chargly,
    client,
    fetch,
    pay: (checkout) => payCheckout(world, checkout),
    advance: (seconds) => {
      aheadMs += seconds * 1_000;
      expireHolds(world);
    },
    goAway: (calls = 1) => {
      away = calls;
    },
  };
}

interface Replay {
  readonly fingerprint: string;
  readonly status: number;
  readonly text: string;
}

async function answer(
  world: World,
  replays: Map<string, Replay>,
  url: URL,
  init: RequestInit,
): Promise<Response> {
  const headers = new Headers(init.headers);
  const requestId = headers.get("x-request-id") ?? world.newId("req");
  const replyHeaders = { "content-type": "application/json", "x-request-id": requestId };
  try {
    if (headers.get("authorization") !== `Bearer ${apiKey}`)
      refuse("unauthenticated", "Send the API key as a bearer token.");
    expireHolds(world);
    const { route, params } = routeOf(init.method ?? "GET", url.pathname);
    const key = route.idempotent === true ? headers.get("idempotency-key") : null;
    const text = typeof init.body === "string" ? init.body : "";
    const fingerprint = `${init.method} ${url.pathname} ${text}`;
    const replay = key === null ? undefined : replays.get(key);
    if (replay !== undefined) {
      if (replay.fingerprint !== fingerprint)
        refuse("idempotency_key_reused", "This key was used for another request.");
      return new Response(replay.text, {
        status: replay.status,
        headers: { ...replyHeaders, "idempotent-replayed": "true" },
      });
    }
    const request = requestOf(world, { params, url, headers, text, signal: init.signal });
    const { status, json } = await route.answer(request);
    const reply = JSON.stringify(json);
    if (key !== null) replays.set(key, { fingerprint, status, text: reply });
    return new Response(reply, { status, headers: replyHeaders });
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    const problem = problemOf(world, error, init, requestId);
    return new Response(JSON.stringify(problem), { status: error.status, headers: replyHeaders });
  }
}

function routeOf(method: string, pathname: string) {
  const path = pathname.split("/");
  for (const route of routes) {
    if (route.method !== method) continue;
    const pattern = route.path.split("/");
    if (pattern.length !== path.length) continue;
    const params: Record<string, string> = {};
    const fits = pattern.every((part, place) => {
      const value = path[place] ?? "";
      if (!part.startsWith(":")) return part === value;
      params[part.slice(1)] = decodeURIComponent(value);
      return true;
    });
    if (fits) return { route, params };
  }
  return refuse("not_found", `The fake has no ${method} ${pathname}.`);
}

interface Raw {
  readonly params: Readonly<Record<string, string>>;
  readonly url: URL;
  readonly headers: Headers;
  readonly text: string;
  readonly signal: AbortSignal | null | undefined;
}

function requestOf(world: World, { params, url, headers, text, signal }: Raw): FakeRequest {
  const json: unknown = text === "" ? {} : JSON.parse(text);
  return {
    world,
    params,
    query: url.searchParams,
    body: Array.isArray(json) ? {} : (json as FakeRequest["body"]),
    list: Array.isArray(json) ? (json as unknown[]) : undefined,
    headers,
    signal: signal ?? undefined,
  };
}

function problemOf(
  world: World,
  { code, status, detail, members }: Refusal,
  init: RequestInit,
  requestId: string,
) {
  const { customerId: named, ...more } = members;
  const common = { type: `/docs/errors#${code}`, title: code, status, detail, code, requestId };
  if (status !== 402 || typeof init.body !== "string") return { ...more, ...common };
  const body = JSON.parse(init.body) as { readonly customerId?: unknown };
  const { id } = walletOf(world, named ?? body.customerId ?? "unknown");
  const expiresAt = new Date(world.now() + 3_600_000).toISOString();
  return { ...more, topUp: { url: `${world.baseUrl}/wallet/${id}`, expiresAt }, ...common };
}
