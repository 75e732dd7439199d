import type Stripe from "stripe";
import { askStripe, stripeErrorKind } from "../../../platform/stripe-client/stripe-error.js";
import { readLastArrival } from "../../../stripe-events/read-arrivals.js";
import {
  readPlatformStripe,
  readStripeConnection,
} from "../../../tenancy/read-stripe-connection.js";
import { readStripeAccess, readWebhookTrust } from "../../../tenancy/read-stripe-access.js";
import type { Project } from "../../../tenancy/rules.js";
import type { CommandContext } from "../command-context.js";
import { endpointProblems, pinnedApiVersion } from "../stripe-connect/ensure-endpoint.js";
import { type Check, check, fail, type Finding, ok, skipped, warn } from "./check.js";
import { judgeClock, seconds } from "./rules.js";

const connectFix = "Run: chargly stripe connect";

/** Stripe as one project reaches it: the key, the webhook, the time. */
export async function checkStripe(
  ctx: CommandContext,
  project: Project,
  name: (what: string) => string,
): Promise<readonly Check[]> {
  const connection = await readStripeConnection(ctx, project.id);
  if (connection === undefined) {
    const finding = warn("not connected, so nothing can be sold", connectFix);
    return [
      { name: name("stripe"), ...finding },
      { name: name("webhook"), ...skipped("no connection") },
    ];
  }
  const asked: { aheadMs?: number } = {};
  const key = await check(name("stripe"), connectFix, async () => {
    const { stripe } = await readStripeAccess(ctx, project.id);
    const askedMs = ctx.clock.nowMs();
    const account = await askStripe(() => stripe.accounts.retrieveCurrent());
    const middleMs = (askedMs + ctx.clock.nowMs()) / 2;
    asked.aheadMs = dateOf(account.lastResponse.headers) - middleMs;
    return judgeAccount(account, connection, project);
  });
  const webhook = await check(name("webhook"), connectFix, () =>
    lookAtWebhook(ctx, project, connection.endpointId),
  );
  const clock =
    asked.aheadMs === undefined
      ? skipped("Stripe did not answer")
      : judgeClock("Stripe", asked.aheadMs);
  return [key, webhook, { name: name("stripe clock"), ...clock }];
}

/** The middle of the second that the header names; our own time when there is none. */
function dateOf(headers: Readonly<Record<string, string>>): number {
  const dateMs = Date.parse(headers["date"] ?? "");
  return Number.isNaN(dateMs) ? Date.now() : dateMs + 500;
}

function judgeAccount(
  account: Stripe.Account,
  connection: { readonly accountId: string; readonly keyHint: string },
  { mode }: Project,
): Finding {
  if (account.id !== connection.accountId)
    return fail(
      `the key opens ${account.id}, but purchases were made in ${connection.accountId}`,
      "Connect the project with a key of its own account.",
    );
  const detail = `${account.id}, ${mode} mode, ${connection.keyHint}`;
  return account.charges_enabled
    ? ok(detail)
    : warn(`${detail}; it may not take payments yet`, "Finish the account's set-up at Stripe.");
}

async function lookAtWebhook(
  ctx: CommandContext,
  { id }: Project,
  endpointId: string | null,
): Promise<Finding> {
  const trust = await readWebhookTrust(ctx, id);
  if (trust === undefined || trust.secrets.length === 0)
    return fail("there is no signing secret, so every event is refused", connectFix);
  const last = await readLastArrival(ctx, id);
  const age =
    last === undefined ? "no event has come yet" : `last event ${seconds(last.ageSeconds)} ago`;
  const endpoint = endpointId === null ? undefined : await retrieve(ctx, id, endpointId);
  if (endpoint === "gone") return fail(`${endpointId} is gone at Stripe; ${age}`, connectFix);
  const where = endpoint?.url ?? "endpoint not made by Chargly";
  const detail = `${where}; ${age}`;
  if (endpoint !== undefined) {
    const problems = endpointProblems(endpoint);
    if (problems.length > 0) return fail(`${detail}; ${problems.join("; ")}`, connectFix);
    if (endpoint.api_version !== pinnedApiVersion)
      return warn(
        `${detail}; it speaks ${endpoint.api_version ?? "the account's version"}`,
        connectFix,
      );
  }
  return last === undefined ? warn(detail, connectFix) : ok(detail);
}

async function retrieve(
  ctx: CommandContext,
  projectId: Project["id"],
  endpointId: string,
): Promise<Stripe.WebhookEndpoint | "gone" | undefined> {
  const platform = await readPlatformStripe(ctx, projectId);
  try {
    return await platform?.webhookEndpoints.retrieve(endpointId);
  } catch (error) {
    if (stripeErrorKind(error) === "missing") return "gone";
    return askStripe(() => Promise.reject(error));
  }
}
