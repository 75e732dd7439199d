import type { FailRequests } from "../http/faults.js";
import type { LoggedRequest } from "../http/request-log.js";
import type { JsonObject } from "../json.js";
import type { Delivery, DeliverySettings } from "../webhooks/delivery.js";

/** The status of a refund. */
export type RefundStatusName = "pending" | "requires_action" | "succeeded" | "failed" | "canceled";

/** A charge, named by itself or by its payment intent. */
export type ChargeReference = { readonly charge: string } | { readonly paymentIntent: string };

/** What a log of requests says. */
export interface RequestReport {
  /** The latest requests, oldest first. */
  readonly requests: LoggedRequest[];
  readonly count: number;
  readonly peakPerSecond: number;
}

/** A payload with the header that signs it, to post by hand. */
export interface SignedPayload {
  readonly body: string;
  readonly header: string;
}

/** What `signedPayload` may be told. */
export interface SignOptions {
  readonly endpointId?: string;
  readonly secret?: string;
  /** Whole seconds since 1970; now when absent. */
  readonly timestamp?: number;
}

/** A webhook endpoint that listens to every account unless a key is named. */
export interface NewEndpoint {
  readonly url: string;
  readonly secret?: string;
  readonly enabledEvents?: readonly string[];
  readonly key?: string;
  readonly connect?: boolean;
  readonly apiVersion?: string;
}

/** Drives the simulator from a test or from another process. Objects are Stripe's, as the API shows them. */
export interface SimulatorControl {
  /** Pays an open session as its customer would; the session afterwards. A declined card leaves it open. */
  pay(
    sessionId: string,
    options?: { readonly card?: "paid" | "declined" | "delayed" },
  ): Promise<JsonObject>;
  /** Ends a delayed payment. */
  completeDelayed(
    sessionId: string,
    options: { readonly outcome: "succeeded" | "failed" },
  ): Promise<JsonObject>;
  /** Expires an open session now. */
  expire(sessionId: string): Promise<JsonObject>;
  /** Refunds as a person in the dashboard does. Amounts are whole minor units. */
  refund(
    request: ChargeReference & { readonly amount?: number; readonly status?: RefundStatusName },
  ): Promise<JsonObject>;
  setRefundStatus(refundId: string, status: RefundStatusName): Promise<JsonObject>;
  /** Opens a dispute; unless it is an inquiry, its funds are withdrawn at once. */
  dispute(
    request: ChargeReference & {
      readonly amount?: number;
      readonly inquiry?: boolean;
      readonly reason?: string;
    },
  ): Promise<JsonObject>;
  disputeFundsWithdrawn(disputeId: string): Promise<JsonObject>;
  disputeFundsReinstated(disputeId: string): Promise<JsonObject>;
  /** Closes a dispute; a won one gets its funds back first, unless they were reinstated before. */
  closeDispute(disputeId: string, status: "won" | "lost" | "warning_closed"): Promise<JsonObject>;
  earlyFraudWarning(
    request: ChargeReference & { readonly fraudType?: string },
  ): Promise<JsonObject>;
  /** Writes over an object or a line item as the API shows it, to stage mismatches. */
  patchObject(id: string, patch: JsonObject): Promise<JsonObject>;
  /** A payment that no checkout led to. */
  createForeignPayment(request: {
    readonly key: string;
    readonly amount: number;
    readonly currency: string;
    readonly metadata?: Readonly<Record<string, string>>;
  }): Promise<JsonObject>;
  /** Makes a saved payment method behave differently from now on. */
  setPaymentMethod(
    paymentMethodId: string,
    behaviour: "succeeds" | "declines" | "needs_authentication" | "delayed",
  ): Promise<JsonObject>;

  addEndpoint(endpoint: NewEndpoint): Promise<{ readonly id: string; readonly secret: string }>;
  removeEndpoint(endpointId: string): Promise<void>;
  /** Changes how webhooks travel; what is not named stays. */
  setDelivery(change: Partial<DeliverySettings>): Promise<DeliverySettings>;
  /** Sends held events, one after another; explicit ids name the order and may repeat. */
  flushHeld(options?: {
    readonly order?: "fifo" | "lifo" | "random" | readonly string[];
  }): Promise<{ readonly sent: number }>;
  heldEvents(): Promise<string[]>;
  redeliver(
    eventId: string,
    options?: { readonly times?: number; readonly parallel?: boolean },
  ): Promise<void>;
  /** Waits until every delivery is answered with 2xx, given up, held or dropped. */
  waitForIdle(options?: { readonly timeoutMs?: number }): Promise<{ readonly idle: boolean }>;
  deliveries(): Promise<Delivery[]>;
  /** Lets the next events not be generated at all. */
  suppressEvents(options?: {
    readonly types?: readonly string[];
    readonly count?: number;
  }): Promise<void>;
  /** Every generated event, oldest first. */
  events(options?: { readonly type?: string }): Promise<JsonObject[]>;
  /** Signs a stored event, or any object, as a webhook would be. */
  signedPayload(event: string | JsonObject, options?: SignOptions): Promise<SignedPayload>;

  failRequests(rule: FailRequests): Promise<void>;
  clearFaults(): Promise<void>;
  latency(options: { readonly ms: number; readonly jitterMs?: number }): Promise<void>;
  requests(options?: { readonly pathPrefix?: string }): Promise<RequestReport>;
  resetLog(): Promise<void>;

  /** Forgets all objects, keys, endpoints, faults and settings. */
  reset(): Promise<void>;
  /** The account of a key. */
  account(key: string): Promise<JsonObject>;
  /** Lets a key open the account of another key. */
  linkKey(request: { readonly key: string; readonly accountOf: string }): Promise<void>;
  /** Names an account, as its pay page shows it. */
  nameAccount(request: { readonly key: string; readonly name: string }): Promise<void>;
  /** Takes a connected account's access away from the platform of this key. */
  disconnectAccount(request: { readonly key: string; readonly account: string }): Promise<void>;
  /** Moves the simulator's clock forward. */
  advance(options: { readonly seconds: number }): Promise<{ readonly now: number }>;
}
