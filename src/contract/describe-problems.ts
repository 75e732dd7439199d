import { z } from "zod";
import { assert } from "../kernel/assert.js";
import type { RefusalCode } from "../kernel/refusals.js";
import { problemContentType, problemSchema } from "../platform/http/problem.js";
import { creditsOut, timeOut } from "../platform/http/schemas.js";
import type { Answer, Example, Reference } from "./document.js";
import { refusalCodes, refusalDocs } from "./refusals/refusal-docs.js";

const with402 =
  "With `insufficient_credits`, `wallet_in_debt` and `debt_limit`, unless the event was rejected in an earlier request.";

/** Every member that some code adds. Which ones a code adds, its example shows. */
export const problemContract = z
  .looseObject({
    ...problemSchema.shape,
    code: z.enum(refusalCodes).meta({ description: "Stable; decide by this." }),
    errors: z
      .array(z.object({ param: z.string(), detail: z.string() }))
      .optional()
      .meta({ description: "With `invalid_request`: all faults, up to twenty." }),
    available: creditsOut.optional().meta({ description: with402 }),
    required: creditsOut.optional().meta({ description: "What the request takes." }),
    shortBy: creditsOut.optional().meta({ description: `What is missing. ${with402}` }),
    debt: creditsOut.optional().meta({ description: "What the wallet owes." }),
    debtLimit: creditsOut.optional().meta({ description: "With `debt_limit`." }),
    topUp: z.object({ url: z.url(), expiresAt: timeOut }).optional().meta({
      description:
        "The customer's wallet page, to buy credits at. Wherever credits are missing; for an agent only with the tools create_checkout and list_transactions.",
    }),
    period: z
      .enum(["minute", "day", "month"])
      .optional()
      .meta({ description: "With spend limits: the window that is full." }),
    budget: z
      .enum(["perCall", "total"])
      .optional()
      .meta({ description: "With `agent_budget`: the part that it would exceed." }),
    limit: creditsOut.optional().meta({ description: "With spend limits and `agent_budget`." }),
    spent: creditsOut.optional().meta({ description: "With spend limits and `agent_budget`." }),
    remaining: creditsOut
      .optional()
      .meta({ description: "With `agent_budget`: at most so much would be taken." }),
    resetsAt: timeOut.optional().meta({ description: "With spend limits." }),
    state: z.string().optional().meta({ description: "With `hold_not_open`." }),
    held: creditsOut.optional().meta({ description: "With `hold_exceeded`: what is left of it." }),
    openHolds: z.int().optional().meta({ description: "With `hold_limit`." }),
    unspent: creditsOut.optional().meta({ description: "With `refund_exceeds_unspent`." }),
    eventId: z.string().optional().meta({ description: "The usage event that was there before." }),
    requiredScopes: z.array(z.string()).optional().meta({ description: "With `forbidden`." }),
    limitBytes: z.int().optional().meta({ description: "With `body_too_large`." }),
  })
  .meta({
    id: "Problem",
    description: "RFC 9457. Its code says what it is; other members depend on the code.",
    examples: [refusalDocs("insufficient_credits").problem],
  });

/** So many codes of one status make a name that can be read; more stand where they are answered. */
const namedTogetherMax = 2;

/** References to answers with these codes, by status. The answers are added to `shared`, each once. */
export function describeProblems(
  codes: readonly RefusalCode[],
  shared: Record<string, Answer>,
): Record<string, Answer | Reference> {
  const byStatus = new Map<number, RefusalCode[]>();
  for (const code of refusalCodes.filter((known) => codes.includes(known))) {
    const { status } = refusalDocs(code);
    byStatus.set(status, [...(byStatus.get(status) ?? []), code]);
  }
  const statuses = [...byStatus].sort(([a], [b]) => a - b);
  return Object.fromEntries(
    statuses.map(([status, own]): [number, Answer | Reference] => {
      const answer = describeAnswer(own);
      if (own.length > namedTogetherMax) return [status, answer];
      const name = own.map(inPascalCase).join("Or");
      shared[name] = answer;
      return [status, { $ref: `#/components/responses/${name}` }];
    }),
  );
}

function inPascalCase(code: string): string {
  return code.replace(/(?:^|_)(\w)/g, (_, letter: string) => letter.toUpperCase());
}

function describeAnswer(codes: readonly RefusalCode[]): Answer {
  const docs = codes.map(refusalDocs);
  const mayRetry = docs.some(({ retry }) => retry === "later");
  assert(docs.length > 0, "a status stands for a code");
  return {
    description: docs.map(({ code, title }) => `\`${code}\`: ${title}`).join(" "),
    headers: { ...requestIdHeader, ...(mayRetry ? retryAfterHeader : {}) },
    content: {
      [problemContentType]: {
        schema: {
          allOf: [
            { $ref: "#/components/schemas/Problem" },
            { type: "object", properties: { code: { enum: [...codes] } } },
          ],
        },
        examples: Object.fromEntries(
          codes.map((code) => [code, { $ref: `#/components/examples/${code}` }]),
        ),
      },
    },
  };
}

/** One problem of each code. */
export function describeExamples(): Record<string, Example> {
  return Object.fromEntries(
    refusalCodes.map((code) => {
      const { title, problem } = refusalDocs(code);
      return [code, { summary: title, value: problem }];
    }),
  );
}

export const requestIdHeader = {
  "X-Request-Id": { $ref: "#/components/headers/X-Request-Id" },
} as const;
const retryAfterHeader = {
  "Retry-After": { $ref: "#/components/headers/Retry-After" },
} as const;

/** What answers carry beside their body. */
export const headers = {
  "X-Request-Id": {
    description: "Names the request in Chargly's log. Give it when you ask for help.",
    schema: { type: "string", examples: ["req_01k2x3v9g7f6q8r5s4t3w2y1z0"] },
  },
  "Retry-After": {
    description: "Seconds after which the same request makes sense again.",
    schema: { type: "integer", minimum: 1, examples: [2] },
  },
  "Idempotent-Replayed": {
    description: "`true` when this answer was given before, to the same Idempotency-Key.",
    schema: { type: "string", enum: ["true"] },
  },
} as const;
