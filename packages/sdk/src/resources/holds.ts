import { type Listing, listing, type ListOptions } from "../listing.js";
import { type RequestOptions, type Send, segment } from "../transport/create-transport.js";
import type { Capture, CreditsIn, Hold, HoldWithBalance } from "../types.js";

/** Credits set aside for something whose cost is not known before. {@link Chargly.withHold} does all of it. */
export interface Holds {
  /** Now, or {@link InsufficientCreditsError}. */
  readonly create: (hold: HoldOrder, options?: RequestOptions) => Promise<HoldWithBalance>;
  readonly get: (id: string, options?: RequestOptions) => Promise<HoldWithBalance>;
  /** The newest first. */
  readonly list: (
    customerId: string,
    options?: ListOptions & { readonly state?: Hold["state"] | undefined },
  ) => Listing<Hold>;
  /** Spends from it. `close` gives the rest back. {@link HoldError} when it does not cover it, or has ended. */
  readonly capture: (
    id: string,
    capture: { readonly credits: CreditsIn; readonly close?: boolean | undefined },
    options?: RequestOptions,
  ) => Promise<Capture>;
  /** Gives back what is left. */
  readonly release: (id: string, options?: RequestOptions) => Promise<HoldWithBalance>;
  /** Until so many seconds from now; a day after it was placed at most. */
  readonly extend: (
    id: string,
    extension: { readonly expiresInSeconds: number },
    options?: RequestOptions,
  ) => Promise<HoldWithBalance>;
}

/** So many `credits`, or what a `quoteId` has promised. */
export interface HoldOrder {
  readonly customerId: string;
  readonly credits?: CreditsIn | undefined;
  readonly quoteId?: string | undefined;
  /** 5 to 86,400; 900 unless told. Then what is left goes back by itself. */
  readonly expiresInSeconds?: number | undefined;
  /** A capture of more than is left: refuse it, or take the rest from what is available. */
  readonly overCapture?: Hold["overCapture"] | undefined;
  /** For people; it stands on the statement. */
  readonly description?: string | undefined;
}

const hold: readonly (keyof HoldWithBalance)[] = ["id", "state", "credits", "left", "balance"];
const capture: readonly (keyof Capture)[] = ["id", "holdId", "credits", "hold", "balance"];

export function createHolds(send: Send): Holds {
  const pathOf = (id: string, rest = ""): string => `/v1/holds/${segment("id", id)}${rest}`;
  const post = { method: "POST", idempotent: true } as const;
  return {
    create: async (body, options) =>
      send({ ...post, path: "/v1/holds", body, needs: hold }, options),
    get: async (id, options) => send({ method: "GET", path: pathOf(id), needs: hold }, options),
    list: (customerId, { state, ...options } = {}) =>
      listing(send, "/v1/holds", options, { customerId, state }),
    capture: async (id, body, options) =>
      send({ ...post, path: pathOf(id, "/captures"), body, needs: capture }, options),
    release: async (id, options) =>
      send({ ...post, path: pathOf(id, "/release"), needs: hold }, options),
    extend: async (id, body, options) =>
      send({ ...post, path: pathOf(id, "/extend"), body, needs: hold }, options),
  };
}
