import type { ProjectId } from "../kernel/ids.js";
import type { Context } from "../platform/context.js";
import { findConnection } from "./store.js";

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
