import type { JsonObject } from "./json.js";

/** Stripe's error types. */
export type ApiErrorType =
  | "api_error"
  | "card_error"
  | "idempotency_error"
  | "invalid_request_error"
  | "rate_limit_error";

/** What an error object may say besides its message. */
export interface ApiErrorDetails {
  readonly type?: ApiErrorType;
  readonly code?: string;
  readonly param?: string;
  readonly extra?: JsonObject;
}

/** A refusal that the HTTP layer renders as Stripe's error object. */
export class ApiError extends Error {
  readonly status: number;
  readonly details: ApiErrorDetails;

  constructor(status: number, message: string, details: ApiErrorDetails = {}) {
    super(message);
    this.name = "ApiError";
    this.status = status;
    this.details = details;
  }
}

/** A request that Stripe would not accept: status 400 and the parameter at fault. */
export function invalidRequest(message: string, param?: string, code?: string): ApiError {
  return new ApiError(400, message, {
    ...(param === undefined ? {} : { param }),
    ...(code === undefined ? {} : { code }),
  });
}

/** The 404 for an id that this account does not have, or a 400 when the id came as a parameter. */
export function noSuch(noun: string, id: string, param = "id"): ApiError {
  return new ApiError(param === "id" ? 404 : 400, `No such ${noun}: '${id}'`, {
    code: "resource_missing",
    param,
  });
}

/** Renders the body of an error answer. */
export function renderError(error: ApiError, requestId: string): JsonObject {
  const { type, code, param, extra } = error.details;
  const body: JsonObject = { message: error.message };
  if (code !== undefined) {
    body["code"] = code;
    body["doc_url"] = `https://stripe.com/docs/error-codes/${code.replaceAll("_", "-")}`;
  }
  if (param !== undefined) body["param"] = param;
  body["request_log_url"] = `https://dashboard.stripe.com/test/logs/${requestId}`;
  body["type"] = type ?? "invalid_request_error";
  return { error: { ...body, ...extra } };
}
