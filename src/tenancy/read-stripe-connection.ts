import type Stripe from "stripe";
import type { ProjectId } from "../kernel/ids.js";
import type { Context } from "../platform/context.js";
import { openStripeKey } from "./save-stripe-connection.js";
import { findConnection } from "./store/stripe.js";

/** How a project is connected to Stripe, without the secrets. */
export interface StripeConnection {
  /** `acct_…` */
  readonly accountId: string;
  readonly connectedAccount: string | null;
  readonly livemode: boolean;
  /** The kind of the key and its last four characters. */
  readonly keyHint: string;
  /** `we_…` when Chargly made the webhook endpoint; `null` when its secret was given. */
  readonly endpointId: string | null;
}

/** For operators: the connection, or `undefined` when the project has none. */
export async function readStripeConnection(
  ctx: Pick<Context, "db">,
  projectId: ProjectId,
): Promise<StripeConnection | undefined> {
  const row = await findConnection(ctx.db, projectId);
  if (row === undefined) return undefined;
  const { accountId, connectedAccount, livemode, secretHint: keyHint, endpointId } = row;
  return { accountId, connectedAccount, livemode, keyHint, endpointId };
}

/**
 * The account that the project's key itself opens: for a connected account its platform, whose webhook endpoints
 * deliver the events. `undefined` without a connection.
 */
export async function readPlatformStripe(
  ctx: Pick<Context, "db" | "vault" | "stripeClients">,
  projectId: ProjectId,
): Promise<Stripe | undefined> {
  const row = await findConnection(ctx.db, projectId);
  if (row === undefined) return undefined;
  const secretKey = openStripeKey(ctx, projectId, row.secretCiphertext);
  return ctx.stripeClients({ secretKey, connectedAccount: null });
}
