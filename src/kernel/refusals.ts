/**
 * Everything Chargly refuses, in one table. `code` is stable and part of the API; `status` is how HTTP says it;
 * `retry` tells a client whether the same request may succeed later; `title` is the short sentence for people.
 * The `detail` of each refusal is written where it is refused, and says what to do.
 */
export interface RefusalRendering {
  readonly status:
    | 400
    | 401
    | 402
    | 403
    | 404
    | 405
    | 406
    | 408
    | 409
    | 413
    | 415
    | 422
    | 429
    | 431
    | 500
    | 502
    | 503;
  readonly retry: "never" | "later" | "after_change";
  readonly title: string;
}

export const refusals = {
  invalid_request: { status: 400, retry: "after_change", title: "The request is not valid." },
  malformed_json: { status: 400, retry: "after_change", title: "The body is not valid JSON." },
  body_too_large: { status: 413, retry: "after_change", title: "The body is too large." },
  unsupported_media_type: {
    status: 415,
    retry: "after_change",
    title: "The content type is not supported.",
  },
  invalid_signature: { status: 400, retry: "never", title: "The webhook signature is not valid." },
  unauthenticated: { status: 401, retry: "after_change", title: "An API key is needed." },
  forbidden: { status: 403, retry: "after_change", title: "This key may not do that." },
  not_found: { status: 404, retry: "never", title: "There is no such thing." },
  method_not_allowed: {
    status: 405,
    retry: "after_change",
    title: "This path does not take that method.",
  },
  request_timeout: { status: 408, retry: "later", title: "The request did not arrive in time." },
  headers_too_large: { status: 431, retry: "after_change", title: "The headers are too large." },
  insufficient_credits: { status: 402, retry: "after_change", title: "Not enough credits." },
  wallet_frozen: { status: 403, retry: "after_change", title: "The wallet is frozen." },
  wallet_in_debt: { status: 402, retry: "after_change", title: "The wallet owes credits." },
  debt_limit: { status: 402, retry: "after_change", title: "The wallet may not owe more." },
  wallet_spend_limit: {
    status: 429,
    retry: "later",
    title: "The wallet's spend limit is reached.",
  },
  key_spend_limit: { status: 429, retry: "later", title: "The key's spend limit is reached." },
  agent_budget: {
    status: 403,
    retry: "after_change",
    title: "That is more than the agent token may take.",
  },
  unknown_event: {
    status: 422,
    retry: "after_change",
    title: "The rate card does not price this event.",
  },
  unpriceable_event: {
    status: 422,
    retry: "after_change",
    title: "The event lacks what its price depends on.",
  },
  usage_id_conflict: {
    status: 409,
    retry: "never",
    title: "Another usage event has this id.",
  },
  usage_backlog: {
    status: 503,
    retry: "later",
    title: "Usage is arriving faster than it is applied.",
  },
  project_paused: {
    status: 503,
    retry: "later",
    title: "Nothing is spent in this project until its books were looked at.",
  },
  hold_not_open: { status: 409, retry: "never", title: "The hold is not open." },
  hold_exceeded: { status: 409, retry: "after_change", title: "The hold does not cover that." },
  hold_limit: { status: 409, retry: "later", title: "The wallet has too many open holds." },
  quote_expired: { status: 409, retry: "after_change", title: "The quote has expired." },
  quote_redeemed: { status: 409, retry: "after_change", title: "The quote was used before." },
  preview_outdated: {
    status: 409,
    retry: "after_change",
    title: "The preview no longer says what would happen.",
  },
  balance_limit: {
    status: 409,
    retry: "after_change",
    title: "The balance would exceed its limit.",
  },
  conflict: { status: 409, retry: "after_change", title: "That contradicts what already exists." },
  idempotency_key_reused: {
    status: 422,
    retry: "after_change",
    title: "The idempotency key belongs to another request.",
  },
  request_in_flight: {
    status: 409,
    retry: "later",
    title: "The same request is still being processed.",
  },
  wallet_busy: { status: 409, retry: "later", title: "Another change is in progress." },
  origin_not_allowed: {
    status: 422,
    retry: "after_change",
    title: "That address is not allowed for this project.",
  },
  pack_not_available: {
    status: 409,
    retry: "after_change",
    title: "This credit pack cannot be bought.",
  },
  nothing_to_refund: {
    status: 409,
    retry: "after_change",
    title: "Nothing of this purchase can be refunded.",
  },
  refund_exceeds_unspent: {
    status: 409,
    retry: "after_change",
    title: "More than the unspent credits of the purchase would be refunded.",
  },
  refund_in_progress: {
    status: 409,
    retry: "later",
    title: "Another refund of this purchase is under way.",
  },
  stripe_not_connected: {
    status: 409,
    retry: "after_change",
    title: "The project has no Stripe connection.",
  },
  stripe_refused: { status: 502, retry: "after_change", title: "Stripe refused the request." },
  stripe_unavailable: { status: 503, retry: "later", title: "Stripe cannot be reached." },
  too_many_requests: { status: 429, retry: "later", title: "Too many requests." },
  unavailable: { status: 503, retry: "later", title: "Chargly cannot do that right now." },
  invalid_configuration: {
    status: 500,
    retry: "after_change",
    title: "The configuration is not valid.",
  },
  internal: { status: 500, retry: "later", title: "Something went wrong inside Chargly." },
} as const satisfies Record<string, RefusalRendering>;

export type RefusalCode = keyof typeof refusals;

export interface RefusalDetails {
  /** What happened to this request, and the way out. Never holds a secret or another customer's data. */
  readonly detail: string;
  /** The field at fault, as a path into the request: `customerId`, `items[3].credits`. */
  readonly param?: string;
  /** Seconds after which a retry makes sense; sent as `Retry-After`. */
  readonly retryAfterSeconds?: number;
  /** Further members of the problem document, such as `available` and `shortBy`. */
  readonly extra?: Readonly<Record<string, unknown>>;
}

/** A refusal is an answer, not an accident: it is rendered from the table above and never logged as an error. */
export class Refusal extends Error {
  override readonly name = "Refusal";
  constructor(
    readonly code: RefusalCode,
    readonly details: RefusalDetails,
  ) {
    super(`${code}: ${details.detail}`);
  }
}
