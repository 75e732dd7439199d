import {
  CharglyError,
  InsufficientCreditsError,
  NoAnswerError,
  RefusedError,
  UnreadableAnswerError,
} from "@chargly/sdk";
import { z } from "zod";
import { boundedText } from "./bounded-text.js";

const detailCharsMax = 800;
const optionalNumber = z.number().optional();

/** Why a tool did not do what it was asked, so that a model can act on it. */
export const toolError = z.object({
  code: z.string().meta({ description: "Stable; decide by it." }),
  detail: z.string().meta({ description: "What happened, and the way out." }),
  outcome: z.enum(["refused", "unknown"]).meta({
    description:
      "`refused`: nothing happened. `unknown`: it may have happened; repeat it with `repeatWith` and it happens once.",
  }),
  shortBy: optionalNumber.meta({ description: "Credits that have to come in first." }),
  available: optionalNumber,
  required: optionalNumber,
  limit: optionalNumber,
  spent: optionalNumber,
  remaining: optionalNumber,
  budget: z.string().optional().meta({ description: "Which part of the token's budget it is." }),
  resetsAt: z.string().optional(),
  checkoutUrl: z.string().optional().meta({ description: "Where a person can buy credits." }),
  retryAfterSeconds: optionalNumber,
  param: z.string().optional(),
  state: z.string().optional().meta({ description: "How a hold ended that is not open." }),
  repeatWith: z.string().optional().meta({
    description:
      "Send exactly the same with this as idempotencyKey (meter_event: as eventId; grant_credits: it is the previewId), and it is the same act.",
  }),
  requestId: z.string().optional().meta({ description: "The server's log has it." }),
});

export type ToolError = z.infer<typeof toolError>;

/** What a tool refuses by itself. */
export class ToolFailure extends Error {
  override readonly name = "ToolFailure";
  constructor(readonly failure: ToolError) {
    super(failure.detail);
  }
}

/** An act that is known by its key did not answer what it should have. */
export class KeyedError extends Error {
  override readonly name = "KeyedError";
  constructor(
    readonly key: string,
    override readonly cause: unknown,
  ) {
    super("an act that is known by its key failed");
  }
}

/** Does what moves something. When it is left open whether that happened, the tool's error says the key to repeat it with. */
export async function keyed<T>(key: string, act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    throw new KeyedError(key, error);
  }
}

/** The error as data, or `undefined` for one that nobody expects. */
export function toolErrorOf(error: unknown): ToolError | undefined {
  if (error instanceof KeyedError) {
    const known = toolErrorOf(error.cause);
    return known?.outcome === "unknown" ? { ...known, repeatWith: error.key } : known;
  }
  if (error instanceof ToolFailure) return error.failure;
  if (error instanceof RefusedError) return refusedError(error);
  if (error instanceof NoAnswerError) return unansweredError(error);
  if (error instanceof UnreadableAnswerError)
    return given({
      code: "unreadable_answer",
      detail: boundedText(error.message, detailCharsMax),
      outcome: "unknown",
      requestId: error.requestId,
    });
  if (error instanceof CharglyError)
    return given({
      code: "failed",
      detail: boundedText(error.message, detailCharsMax),
      outcome: "unknown",
      requestId: error.requestId,
    });
  return undefined;
}

/**
 * Refusals below 500 after which it may have happened all the same: an earlier attempt of the same call is still at work, or
 * the client tried again after one that nobody answered, and this came before its key was looked at.
 */
const unsure: ReadonlySet<string> = new Set([
  "request_in_flight",
  "request_timeout",
  "too_many_requests",
  "wallet_busy",
]);

/** Who could not answer as it should may have done it before. */
function outcomeOf({ code, status }: RefusedError): ToolError["outcome"] {
  return status >= 500 || unsure.has(code) ? "unknown" : "refused";
}

function refusedError(error: RefusedError): ToolError {
  const { code, detail, problem, param, requestId, retryAfterSeconds } = error;
  const number = (member: string): number | undefined => {
    const value = problem[member];
    return typeof value === "number" ? value : undefined;
  };
  const text = (member: string): string | undefined => {
    const value = problem[member];
    return typeof value === "string" ? boundedText(value, 100) : undefined;
  };
  return given({
    code,
    detail: boundedText(detail, detailCharsMax),
    outcome: outcomeOf(error),
    shortBy: number("shortBy"),
    available: number("available"),
    required: number("required"),
    limit: number("limit"),
    spent: number("spent"),
    remaining: number("remaining"),
    budget: text("budget"),
    resetsAt: text("resetsAt"),
    checkoutUrl: error instanceof InsufficientCreditsError ? error.checkoutUrl : undefined,
    retryAfterSeconds,
    param,
    state: text("state"),
    requestId,
  });
}

function unansweredError({ message, requestId }: NoAnswerError): ToolError {
  return given({
    code: "no_answer",
    detail: boundedText(message, detailCharsMax),
    outcome: "unknown",
    requestId,
  });
}

/** Without what is not known. */
function given(error: { readonly [Member in keyof ToolError]: ToolError[Member] }): ToolError {
  return Object.fromEntries(
    Object.entries(error).filter(([, value]) => value !== undefined),
  ) as ToolError;
}

/** The error for whoever reads: what happened, and what to do now. */
export function errorText(error: ToolError): string {
  const { code, detail, outcome, repeatWith, checkoutUrl, retryAfterSeconds, resetsAt } = error;
  return [
    `${code}: ${detail}`,
    ...(outcome === "unknown" && repeatWith !== undefined
      ? [
          `Nobody knows whether it happened. Repeat it with exactly the same input and ${repeatWith} as its key: then it happens once.`,
        ]
      : []),
    ...(checkoutUrl === undefined ? [] : [`A person can buy credits here: ${checkoutUrl}`]),
    ...(retryAfterSeconds === undefined
      ? []
      : [`Try again after ${Math.max(1, Math.ceil(retryAfterSeconds))} s.`]),
    ...(resetsAt === undefined ? [] : [`The limit starts anew at ${resetsAt}.`]),
  ].join("\n");
}
