import { Refusal } from "../../kernel/refusals.js";
import { databaseErrorKind } from "../db/errors.js";

const retryAfterSeconds = 2;

/** What a caller is told about a thrown value. Nothing of an unexpected error leaks. */
export function refusalOf(error: unknown): Refusal {
  if (error instanceof Refusal) return error;
  if (error instanceof URIError) {
    return new Refusal("invalid_request", { detail: "The path holds a malformed percent escape." });
  }
  switch (databaseErrorKind(error)) {
    case "unavailable":
      // The connection may have been lost between the commit and its answer.
      return new Refusal("unavailable", {
        detail:
          "The database does not answer, and whether it has done what you asked is not known. Retry with the same Idempotency-Key: nothing is done twice. Without one, look first.",
        retryAfterSeconds,
      });
    case "statement_timeout":
      return new Refusal("unavailable", {
        detail: "The database took too long. Nothing was changed; retry.",
        retryAfterSeconds,
      });
    case "lock_timeout":
    case "conflict":
      return new Refusal("wallet_busy", {
        detail: "Another change of the same rows is in progress. Nothing was changed; retry.",
        retryAfterSeconds: 1,
      });
    default:
      return new Refusal("internal", {
        detail:
          "This is our fault. Retry with the same Idempotency-Key, and report the requestId if it stays.",
        retryAfterSeconds,
      });
  }
}
