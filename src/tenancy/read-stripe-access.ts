import type Stripe from "stripe";
import type { ProjectId } from "../kernel/ids.js";
import { Refusal } from "../kernel/refusals.js";
import type { Context } from "../platform/context.js";
import { openStripeKey, openWebhookSecret } from "./save-stripe-connection.js";
import { findConnection, selectWebhookSecrets } from "./store/stripe.js";

/** A project's Stripe account, ready to be asked. */
export interface StripeAccess {
  readonly stripe: Stripe;
  /** `acct_…`: what every stored Stripe object is keyed by, with `livemode`. */
  readonly accountId: string;
  readonly livemode: boolean;
}

/** Refuses with `stripe_not_connected` when the project has no connection. */
export async function readStripeAccess(
  ctx: Pick<Context, "db" | "vault" | "stripeClients">,
  projectId: ProjectId,
): Promise<StripeAccess> {
  const connection = await findConnection(ctx.db, projectId);
  if (connection === undefined)
    throw new Refusal("stripe_not_connected", {
      detail: "Connect the project to Stripe first: run `chargly stripe connect`.",
    });
  const { accountId, livemode, connectedAccount, secretCiphertext } = connection;
  const secretKey = openStripeKey(ctx, projectId, secretCiphertext);
  return { stripe: ctx.stripeClients({ secretKey, connectedAccount }), accountId, livemode };
}

/** What the receiver needs to know a delivery is Stripe's and meant for this project. */
export interface WebhookTrust {
  readonly secrets: readonly string[];
  readonly accountId: string;
  readonly livemode: boolean;
}

/** The signing secrets in force, newest first, or `undefined` when the project takes no webhooks. */
export async function readWebhookTrust(
  ctx: Pick<Context, "db" | "vault">,
  projectId: ProjectId,
): Promise<WebhookTrust | undefined> {
  const connection = await findConnection(ctx.db, projectId);
  if (connection === undefined) return undefined;
  const rows = await selectWebhookSecrets(ctx.db, projectId);
  const secrets = rows.map((row) => openWebhookSecret(ctx, projectId, row.ciphertext));
  return { secrets, accountId: connection.accountId, livemode: connection.livemode };
}
