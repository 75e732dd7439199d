import { type Problem, type RefusedError, UnreadableAnswerError } from "../errors/errors.js";
import { refusedErrorOf } from "../errors/refused-error-of.js";
import { parseRetryAfter } from "./retry.js";

type Json = Readonly<Record<string, unknown>>;

/** A proxy in between says these when Chargly said nothing. */
const passingStatuses: ReadonlySet<number> = new Set([408, 425, 429, 500, 502, 503, 504]);

/**
 * The body of a 2xx answer that is an object with all of `needs`. Throws the typed error of a refusal, and
 * {@link UnreadableAnswerError} for anything else: an answer that is not understood is no success.
 */
export async function readAnswer(
  response: Response,
  needs: readonly string[],
  sentId: string,
): Promise<Json> {
  const requestId = response.headers.get("x-request-id") ?? sentId;
  const json = parse(await response.text());
  if (!response.ok) throw refusalOf(response, json, requestId);
  if (json !== undefined && needs.every((field) => json[field] !== undefined)) return json;
  throw new UnreadableAnswerError(
    `The answer (${response.status}) is not what Chargly answers here. Check baseUrl, and that SDK and server fit together.`,
    requestId,
    response.status,
  );
}

function refusalOf(
  response: Response,
  json: Json | undefined,
  requestId: string,
): RefusedError | UnreadableAnswerError {
  const { status, headers } = response;
  const retryAfter = parseRetryAfter(headers.get("retry-after"), Date.now());
  if (isProblem(json)) return refusedErrorOf({ ...json, status }, requestId, retryAfter);
  const detail = `Status ${status} without a problem document: this is not Chargly, or a proxy in front of it.`;
  if (passingStatuses.has(status))
    return refusedErrorOf(
      { code: "unreadable", status: 503, title: detail, detail },
      requestId,
      retryAfter,
    );
  return new UnreadableAnswerError(`${detail} Check baseUrl.`, requestId, status);
}

function isProblem(json: Json | undefined): json is Problem {
  return typeof json?.["code"] === "string" && typeof json["detail"] === "string";
}

function parse(body: string): Json | undefined {
  try {
    const json: unknown = JSON.parse(body);
    return typeof json === "object" && json !== null ? (json as Json) : undefined;
  } catch {
    return undefined;
  }
}
