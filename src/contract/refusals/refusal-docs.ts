import { type RefusalCode, type RefusalRendering, refusals } from "../../kernel/refusals.js";
import { Refusal } from "../../kernel/refusals.js";
import { type Problem, problemOf } from "../../platform/http/problem.js";
import { aboutCredits } from "./about-credits.js";
import { aboutPayments } from "./about-payments.js";
import { aboutRequests } from "./about-requests.js";
import type { RefusalWords } from "./refusal-words.js";

const words: Readonly<Record<RefusalCode, RefusalWords>> = {
  ...aboutRequests,
  ...aboutCredits,
  ...aboutPayments,
};

/** Everything that is known of a code: the kernel's table, what to do, and an example. */
export interface RefusalDocs extends RefusalRendering, Pick<RefusalWords, "happened" | "fix"> {
  readonly code: RefusalCode;
  readonly problem: Problem;
}

const requestId = "req_01k2x3v9g7f6q8r5s4t3w2y1z0";

export function refusalDocs(code: RefusalCode): RefusalDocs {
  const { happened, fix, example } = words[code];
  const problem = problemOf(new Refusal(code, example), requestId);
  return { code, ...refusals[code], happened, fix, problem };
}

export const refusalCodes = Object.keys(refusals) as readonly RefusalCode[];

export const retryWords = {
  never: "The same request will never succeed.",
  later: "The same request may succeed later; wait as long as Retry-After says.",
  after_change: "Change the request, or what it is about, then send it again.",
} as const satisfies Record<RefusalRendering["retry"], string>;
