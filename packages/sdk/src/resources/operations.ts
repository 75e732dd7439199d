import { type Listing, listing, type ListOptions } from "../listing.js";
import { type RequestOptions, type Send, segment } from "../transport/create-transport.js";
import type {
  Adjustment,
  Discrepancy,
  FailedJob,
  GrantPreview,
  ReconciliationRing,
  ReconciliationRun,
  RequestedRun,
} from "../types.js";
import type { Grant } from "./wallets.js";

/** For operators: comparing with Stripe and with the rules of the books. Needs the scopes `operations:read` and `:write`. */
export interface Reconciliation {
  /** Has a worker compare now. Look at the run with `get` until its state is no longer `running`. */
  readonly start: (
    run: { readonly ring: ReconciliationRing; readonly dryRun?: boolean | undefined },
    options?: RequestOptions,
  ) => Promise<RequestedRun>;
  readonly get: (id: string, options?: RequestOptions) => Promise<ReconciliationRun>;
  /** The newest first. */
  readonly runs: (
    options?: ListOptions & { readonly ring?: ReconciliationRing | undefined },
  ) => Listing<ReconciliationRun>;
  /** What differs, the newest first, with what it means and what to do. */
  readonly discrepancies: (
    options?: ListOptions & {
      readonly state?: Discrepancy["state"] | undefined;
      readonly class?: Discrepancy["class"] | undefined;
    },
  ) => Listing<Discrepancy>;
}

/** For operators: what failed, and trying it again. */
export interface FailedJobs {
  /** The newest first. */
  readonly list: (
    options?: ListOptions & { readonly kind?: FailedJob["kind"] | undefined },
  ) => Listing<FailedJob>;
  /** A worker begins within seconds. Never moves credits or money twice. */
  readonly retry: (
    id: string,
    options?: RequestOptions,
  ) => Promise<{ readonly id: string; readonly status: string }>;
}

/** For operators: giving credits in two steps. Needs the scope `wallets:adjust`. */
export interface GrantPreviews {
  /** The first: what giving credits would do. Nothing moves. */
  readonly create: (
    customerId: string,
    grant: Omit<Grant, "priority">,
    options?: RequestOptions,
  ) => Promise<GrantPreview>;
  /** The second: gives them as the preview said, once, within ten minutes. */
  readonly confirm: (id: string, options?: RequestOptions) => Promise<Adjustment>;
}

export function createReconciliation(send: Send): Reconciliation {
  const path = "/v1/reconciliation";
  const runs = `${path}/runs`;
  return {
    start: async (body, options) =>
      send({ method: "POST", path: runs, body, needs: ["status", "run"] }, options),
    get: async (id, options) =>
      send(
        { method: "GET", path: `${runs}/${segment("id", id)}`, needs: ["id", "state", "counts"] },
        options,
      ),
    runs: ({ ring, ...options } = {}) => listing(send, runs, options, { ring }),
    discrepancies: ({ state, class: kind, ...options } = {}) =>
      listing(send, `${path}/discrepancies`, options, { state, class: kind }),
  };
}

export function createFailedJobs(send: Send): FailedJobs {
  const path = "/v1/failed-jobs";
  return {
    list: ({ kind, ...options } = {}) => listing(send, path, options, { kind }),
    retry: async (id, options) =>
      send(
        { method: "POST", path: `${path}/${segment("id", id)}/retry`, needs: ["id", "status"] },
        options,
      ),
  };
}

export function createGrantPreviews(send: Send): GrantPreviews {
  const post = { method: "POST", idempotent: true } as const;
  return {
    create: async (customerId, body, options) =>
      send(
        {
          ...post,
          path: `/v1/wallets/${segment("customerId", customerId)}/grant-previews`,
          body,
          needs: ["id", "before", "after"],
        },
        options,
      ),
    confirm: async (id, options) =>
      send(
        {
          ...post,
          path: `/v1/grant-previews/${segment("id", id)}/confirm`,
          needs: ["id", "transactions", "balance"],
        },
        options,
      ),
  };
}
