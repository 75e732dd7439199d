import type { RefusalCode } from "./refusal-codes.js";

/** What every error of this package is. None of them ever holds the API key. */
export class CharglyError extends Error {
  override readonly name: string = "CharglyError";
  constructor(
    message: string,
    /** Of the last attempt: Chargly's log has it. */
    readonly requestId?: string,
    cause?: unknown,
  ) {
    super(message, cause === undefined ? undefined : { cause });
  }
}

/**
 * Nobody answered, however often it was asked. Whether it happened is not known: repeat it with the same
 * `idempotencyKey` (of a usage event: the same `id`), and it happens once. Until then take it as refused.
 */
export class NoAnswerError extends CharglyError {
  override readonly name: string = "NoAnswerError";
  constructor(
    message: string,
    requestId: string | undefined,
    readonly idempotencyKey: string | undefined,
    cause?: unknown,
  ) {
    super(message, requestId, cause);
  }
}

/** {@link NoAnswerError} because the time was over. */
export class TimeoutError extends NoAnswerError {
  override readonly name = "TimeoutError";
}

/** What answered is not Chargly, or not as this version knows it. Nothing is concluded from such an answer. */
export class UnreadableAnswerError extends CharglyError {
  override readonly name = "UnreadableAnswerError";
  constructor(
    message: string,
    requestId: string,
    readonly status: number,
  ) {
    super(message, requestId);
  }
}

/** The problem document (RFC 9457) of a refusal, with the members that depend on its code. */
export interface Problem {
  readonly code: RefusalCode | (string & {});
  readonly status: number;
  readonly title: string;
  readonly detail: string;
  readonly type?: string;
  readonly param?: string;
  readonly [member: string]: unknown;
}

/** Chargly said no. Decide by `code`; `detail` says what to do. */
export class RefusedError extends CharglyError {
  override readonly name: string = "RefusedError";
  readonly code: Problem["code"];
  readonly status: number;
  readonly detail: string;
  /** The field at fault: `customerId`, `[3].credits`. */
  readonly param: string | undefined;
  constructor(
    readonly problem: Problem,
    requestId?: string,
    /** After so many seconds the same request may succeed; `undefined` when nobody said so. */
    readonly retryAfterSeconds?: number,
  ) {
    const asked = requestId === undefined ? "" : ` (request ${requestId})`;
    super(`${problem.code}: ${problem.detail}${asked}`, requestId);
    this.code = problem.code;
    this.status = problem.status;
    this.detail = problem.detail;
    this.param = problem.param;
  }

  protected creditsOf(member: string): number | undefined {
    const value = this.problem[member];
    return typeof value === "number" ? value : undefined;
  }
}

/** Credits are missing: `insufficient_credits`, `wallet_in_debt` or `debt_limit`. */
export class InsufficientCreditsError extends RefusedError {
  override readonly name = "InsufficientCreditsError";
  /** Credits that have to come in first. */
  readonly shortBy = this.creditsOf("shortBy");
  readonly available = this.creditsOf("available");
  readonly required = this.creditsOf("required");
  /** Send the customer here to buy credits; it works for an hour. */
  readonly checkoutUrl = topUpUrl(this.problem);
}

/** An operator has frozen the wallet. */
export class WalletFrozenError extends RefusedError {
  override readonly name = "WalletFrozenError";
}

/** `wallet_spend_limit` or `key_spend_limit`: so much per minute, day or month, until `resetsAt`. */
export class SpendLimitError extends RefusedError {
  override readonly name = "SpendLimitError";
  readonly limit = this.creditsOf("limit");
  readonly spent = this.creditsOf("spent");
  readonly required = this.creditsOf("required");
  readonly resetsAt = text(this.problem["resetsAt"]);
}

/** An agent token would take more than its budget allows: `perCall`, or in `total`. */
export class AgentBudgetError extends RefusedError {
  override readonly name = "AgentBudgetError";
  readonly budget = text(this.problem["budget"]);
  readonly limit = this.creditsOf("limit");
  readonly spent = this.creditsOf("spent");
  /** At most so much would be taken. */
  readonly remaining = this.creditsOf("remaining");
  readonly required = this.creditsOf("required");
}

/** `unauthenticated`: the API key is missing, wrong or revoked. */
export class AuthenticationError extends RefusedError {
  override readonly name = "AuthenticationError";
}

/** `forbidden`: the key lacks a scope. */
export class ForbiddenError extends RefusedError {
  override readonly name = "ForbiddenError";
}

export class NotFoundError extends RefusedError {
  override readonly name = "NotFoundError";
}

/** The request has to change first; `param` says where. */
export class InvalidRequestError extends RefusedError {
  override readonly name: string = "InvalidRequestError";
}

/** `unknown_event` or `unpriceable_event`: the rate card has no price for this. */
export class PricingError extends InvalidRequestError {
  override readonly name = "PricingError";
}

/** It contradicts what is there already. */
export class ConflictError extends RefusedError {
  override readonly name: string = "ConflictError";
}

/** `hold_not_open`, `hold_exceeded` or `hold_limit`. */
export class HoldError extends ConflictError {
  override readonly name = "HoldError";
  /** How a hold ended that is not open: `captured`, `released` or `expired`. */
  readonly state = text(this.problem["state"]);
  readonly shortBy = this.creditsOf("shortBy");
}

/** Not now: Chargly, its database or Stripe is away or too busy. It was tried several times. */
export class UnavailableError extends RefusedError {
  override readonly name = "UnavailableError";
}

function text(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

function topUpUrl({ topUp }: Problem): string | undefined {
  return typeof topUp === "object" && topUp !== null && "url" in topUp
    ? text(topUp.url)
    : undefined;
}
