import type Stripe from "stripe";
import { publicId } from "../../../kernel/ids.js";
import { Refusal } from "../../../kernel/refusals.js";
import { isLoopback } from "../../../platform/config/readers.js";
import { askStripe } from "../../../platform/stripe-client/stripe-error.js";
import { readStripeConnection } from "../../../tenancy/read-stripe-connection.js";
import type { Project } from "../../../tenancy/rules.js";
import { saveStripeConnection } from "../../../tenancy/save-stripe-connection.js";
import { cliActor } from "../cli.js";
import type { CommandContext } from "../command-context.js";
import { checkPermissions, type Permission, type ProbedClients } from "./check-permissions.js";
import { type Endpoint, ensureEndpoint, removeEndpoints } from "./ensure-endpoint.js";
import { awaitArrival, provokeEvent } from "./send-event.js";
import type { Steps } from "./steps.js";

export interface ConnectOrder {
  readonly project: Project;
  readonly secretKey: string;
  readonly connectedAccount: string | null;
  /** Where Stripe should deliver. */
  readonly webhookUrl: string;
  /** Signing secrets made elsewhere; none makes an endpoint at Stripe. */
  readonly webhookSecrets: readonly string[];
  readonly sendsEvent: boolean;
  readonly waitMs: number;
}

export interface ConnectReport {
  readonly accountId: string;
  readonly permissions: readonly Permission[];
  /** `undefined` when the signing secret was given. */
  readonly endpoint: Endpoint | undefined;
}

const processedWithinMs = 15_000;

/**
 * Checks the key, makes or verifies the endpoint, stores the connection, and sends one event through, telling each
 * step. Running it again repairs what is missing and changes nothing else.
 *
 * @throws Refusal at the first step that fails; what was stored before stays
 */
export async function connectStripe(
  ctx: CommandContext,
  order: ConnectOrder,
  steps: Steps,
): Promise<ConnectReport> {
  const { project, secretKey, connectedAccount } = order;
  const clients = {
    payments: ctx.stripeClients({ secretKey, connectedAccount }),
    platform: ctx.stripeClients({ secretKey, connectedAccount: null }),
  };
  const withEndpoint = order.webhookSecrets.length === 0;
  if (withEndpoint) refuseUnreachable(ctx, order);
  const permissions = await steps.run("permissions", async () => {
    const found = await checkPermissions(clients, { withEndpoint });
    refuseMissing(found);
    return [found, `the key may do all ${found.length} things that Chargly does`];
  });
  const accountId = await steps.run("account", async () => {
    const { id } = await askStripe(() => clients.payments.accounts.retrieveCurrent());
    return [id, `${id}, ${project.mode} mode`];
  });
  const endpoint = withEndpoint ? await makeEndpoint(ctx, order, clients, steps) : undefined;
  await steps.run("connection", async () => {
    await saveStripeConnection(
      ctx,
      project,
      {
        secretKey,
        accountId,
        connectedAccount,
        endpointId: endpoint?.id ?? null,
        webhookSecrets: secretsOf(order, endpoint),
      },
      cliActor(),
    );
    const obsoleteIds = endpoint?.obsoleteIds ?? [];
    await removeEndpoints(clients.platform, obsoleteIds);
    const removed = obsoleteIds.length === 0 ? "" : `; removed ${obsoleteIds.join(", ")}`;
    return [undefined, `stored, encrypted${removed}`];
  });
  if (order.sendsEvent) await sendThrough(ctx, order, clients.payments, steps);
  return { accountId, permissions, endpoint };
}

function secretsOf(order: ConnectOrder, endpoint: Endpoint | undefined): readonly string[] {
  const made = endpoint?.secret ?? null;
  return made === null ? order.webhookSecrets : [made];
}

function refuseMissing(permissions: readonly Permission[]): void {
  const missing = permissions.filter(({ granted }) => !granted);
  if (missing.length === 0) return;
  const lines = missing.map(
    ({ name, access, missing: right }) =>
      `  ${name}: ${access}${right === null ? "" : ` (${right})`}`,
  );
  throw new Refusal("stripe_refused", {
    detail: `The key lacks ${missing.length === 1 ? "a permission" : `${missing.length} permissions`}:\n${lines.join("\n")}\nAllow them at https://dashboard.stripe.com/apikeys and run this again. Nothing was stored.`,
    extra: { permissions },
  });
}

/** Stripe refuses such an address with fewer words. */
function refuseUnreachable(ctx: CommandContext, { webhookUrl }: ConnectOrder): void {
  if (ctx.config.stripe.apiBase !== undefined || !isLoopback(webhookUrl)) return;
  throw new Refusal("invalid_request", {
    param: "webhookUrl",
    detail: `Stripe cannot deliver to ${webhookUrl}, which is on this machine. Give a public address with --webhook-url or PUBLIC_URL; or run \`stripe listen --forward-to ${webhookUrl}\` and set STRIPE_WEBHOOK_SECRET to the secret that it prints.`,
  });
}

async function makeEndpoint(
  ctx: CommandContext,
  order: ConnectOrder,
  { platform }: ProbedClients,
  steps: Steps,
): Promise<Endpoint> {
  const { project, connectedAccount, webhookUrl: url } = order;
  const before = await readStripeConnection(ctx, project.id);
  const connect = connectedAccount !== null;
  const isSameKind = before !== undefined && (before.connectedAccount !== null) === connect;
  const knownId = isSameKind ? before.endpointId : null;
  return steps.run("endpoint", async () => {
    const wanted = { url, connect, knownId, project: publicId("project", project.id) };
    const endpoint = await ensureEndpoint(platform, wanted);
    return [
      endpoint,
      `${endpoint.outcome} ${endpoint.id} for ${url}, version ${endpoint.apiVersion}`,
    ];
  });
}

async function sendThrough(
  ctx: CommandContext,
  { project, webhookUrl, waitMs }: ConnectOrder,
  stripe: Stripe,
  steps: Steps,
): Promise<void> {
  const sessionId = await steps.run("event sent", async () => {
    const id = await provokeEvent(stripe, ctx.publicUrl);
    return [id, "opened and expired a checkout session"];
  });
  await steps.run("event arrived", async () => {
    const wait = { fits: () => true, timeoutMs: waitMs };
    const arrival = await awaitArrival(ctx, project.id, sessionId, wait);
    if (arrival === undefined)
      throw new Refusal("unavailable", {
        detail: `The connection is stored, but Stripe's event did not arrive within ${waitMs / 1_000} s. Check that web runs and answers at ${webhookUrl}, then run this again.`,
      });
    return [undefined, `${arrival.eventId}, signature verified`];
  });
  await steps.run("event processed", async () => {
    const fits = ({ status }: { readonly status: string }) => status !== "received";
    const wait = { fits, timeoutMs: processedWithinMs };
    const arrival = await awaitArrival(ctx, project.id, sessionId, wait);
    if (arrival === undefined || !fits(arrival))
      throw new Refusal("unavailable", {
        detail: `The connection is stored and events arrive, but nobody processed one within ${processedWithinMs / 1_000} s. Check that a worker and the scheduler run.`,
      });
    return [undefined, `by a worker; ${arrival.status}, as it is about no purchase`];
  });
}
