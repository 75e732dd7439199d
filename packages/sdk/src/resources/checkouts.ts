import { type RequestOptions, type Send, segment } from "../transport/create-transport.js";
import type { Checkout } from "../types.js";

/** Selling credit packs with Stripe Checkout. */
export interface Checkouts {
  /** While a checkout of the same pack is open for the customer, it is answered again. */
  readonly create: (order: CheckoutOrder, options?: RequestOptions) => Promise<Checkout>;
  /** With `waitSeconds` (0 to 20) it answers as soon as the payment is settled. */
  readonly get: (
    id: string,
    options?: RequestOptions & { readonly waitSeconds?: number | undefined },
  ) => Promise<Checkout>;
  /**
   * Waits until the payment is settled one way or another, at most `forSeconds` (600 unless told); answers what is known
   * then. Look at `status`: only `paid` is paid.
   */
  readonly wait: (
    id: string,
    options?: RequestOptions & { readonly forSeconds?: number | undefined },
  ) => Promise<Checkout>;
}

export interface CheckoutOrder {
  readonly customerId: string;
  readonly creditPackCode: string;
  /** Where the browser goes after paying. Its origin must be allowed for the project. */
  readonly successUrl?: string | undefined;
  readonly cancelUrl?: string | undefined;
  readonly allowPromotionCodes?: boolean | undefined;
}

const checkout = ["id", "status", "checkoutUrl", "credits"];
const waitSecondsMax = 20;

export function createCheckouts(send: Send): Checkouts {
  const get: Checkouts["get"] = async (id, { waitSeconds, ...options } = {}) =>
    send(
      {
        method: "GET",
        path: `/v1/checkouts/${segment("id", id)}`,
        query: { wait: waitSeconds },
        waitsMs: (waitSeconds ?? 0) * 1_000,
        needs: checkout,
      },
      options,
    );
  return {
    create: async (body, options) =>
      send(
        { method: "POST", path: "/v1/checkouts", body, idempotent: true, needs: checkout },
        options,
      ),
    get,
    wait: async (id, { forSeconds = 600, ...options } = {}) => {
      const endMs = performance.now() + forSeconds * 1_000;
      for (;;) {
        const leftSeconds = Math.max(0, Math.ceil((endMs - performance.now()) / 1_000));
        const waitSeconds = Math.min(waitSecondsMax, leftSeconds);
        const found = await get(id, { ...options, waitSeconds });
        const isOpen = found.status === "pending" || found.status === "processing";
        if (!isOpen || waitSeconds === 0) return found;
      }
    },
  };
}
