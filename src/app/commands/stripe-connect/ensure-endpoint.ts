import Stripe from "stripe";
import { assert } from "../../../kernel/assert.js";
import { askStripe } from "../../../platform/stripe-client/stripe-error.js";
import { subscribedTypes } from "../../../stripe-events/rules.js";

export interface WantedEndpoint {
  readonly url: string;
  /** Whether it takes the events of connected accounts instead of the account's own. */
  readonly connect: boolean;
  /** The endpoint whose signing secret we hold. */
  readonly knownId: string | null;
  /** `prj_…`, so that a person in the dashboard sees whose it is. */
  readonly project: string;
}

export interface Endpoint {
  readonly id: string;
  readonly url: string;
  readonly apiVersion: string;
  readonly outcome: "created" | "verified" | "repaired";
  /** Told once, when it is created. */
  readonly secret: string | null;
  /** Older endpoints of the same address, whose events we could not verify. */
  readonly obsoleteIds: readonly string[];
}

const endpointsMax = 100;

/** The version that the installed SDK speaks, so that payloads have the shape that its types say. */
export const pinnedApiVersion = Stripe.API_VERSION;

/**
 * The webhook endpoint of a project: the one we know, put right if it lacks events or is disabled, or a new one.
 * Stripe tells a signing secret only once and never changes an endpoint's version, so one without either is replaced.
 */
export async function ensureEndpoint(platform: Stripe, wanted: WantedEndpoint): Promise<Endpoint> {
  const listed = await askStripe(() => platform.webhookEndpoints.list({ limit: endpointsMax }));
  const here = listed.data.filter(({ url }) => url === wanted.url);
  const known = here.find(
    (endpoint) => endpoint.id === wanted.knownId && endpoint.api_version === pinnedApiVersion,
  );
  const endpoint =
    known === undefined ? await create(platform, wanted) : await verify(platform, known);
  const obsoleteIds = here.map(({ id }) => id).filter((id) => id !== endpoint.id);
  return { ...endpoint, url: wanted.url, apiVersion: pinnedApiVersion, obsoleteIds };
}

type Ensured = Pick<Endpoint, "id" | "outcome" | "secret">;

async function create(
  platform: Stripe,
  { url, connect, project }: WantedEndpoint,
): Promise<Ensured> {
  const { id, secret } = await askStripe(() =>
    platform.webhookEndpoints.create({
      url,
      enabled_events: [...subscribedTypes],
      api_version: pinnedApiVersion,
      description: "Chargly",
      metadata: { chargly_project: project },
      ...(connect ? { connect } : {}),
    }),
  );
  assert(secret !== undefined, "Stripe tells the secret of a new endpoint");
  return { id, outcome: "created", secret };
}

async function verify(platform: Stripe, endpoint: Stripe.WebhookEndpoint): Promise<Ensured> {
  const { id } = endpoint;
  if (endpointProblems(endpoint).length === 0) return { id, outcome: "verified", secret: null };
  await askStripe(() =>
    platform.webhookEndpoints.update(id, {
      enabled_events: [...subscribedTypes],
      disabled: false,
    }),
  );
  return { id, outcome: "repaired", secret: null };
}

/** What keeps an endpoint from telling us everything. */
export function endpointProblems(
  endpoint: Pick<Stripe.WebhookEndpoint, "status" | "enabled_events">,
): readonly string[] {
  const has = new Set(endpoint.enabled_events);
  const lacking = has.has("*") ? [] : subscribedTypes.filter((type) => !has.has(type));
  return [
    ...(endpoint.status === "enabled" ? [] : [`it is ${endpoint.status}`]),
    ...(lacking.length === 0 ? [] : [`it does not send ${lacking.join(", ")}`]),
  ];
}

/** Ends the older endpoints, once the new one's secret is stored. */
export async function removeEndpoints(platform: Stripe, ids: readonly string[]): Promise<void> {
  for (const id of ids) await askStripe(() => platform.webhookEndpoints.del(id));
}
