import { z } from "zod";
import { type Refusal, refusals } from "../../kernel/refusals.js";

export const problemContentType = "application/problem+json";
/** Where each code is explained; `type` is a relative reference, so it holds on every host. */
export const problemDocsPath = "/docs";

/** RFC 9457, with our stable `code`. Further members depend on the code. */
export const problemSchema = z.looseObject({
  type: z.string().describe("Where this kind of problem is explained."),
  title: z.string().describe("The kind of problem, in one sentence."),
  status: z.number().int(),
  detail: z.string().describe("What happened to this request, and what to do."),
  code: z.string().describe("Stable; decide by this."),
  param: z.string().optional().describe("The field at fault."),
  requestId: z.string(),
});
export type Problem = z.infer<typeof problemSchema>;

/** The one rendering of a refusal, for HTTP. */
export function problemOf(refusal: Refusal, requestId: string): Problem {
  const { status, title } = refusals[refusal.code];
  const { detail, param, extra } = refusal.details;
  const members = {
    type: `${problemDocsPath}#${refusal.code}`,
    title,
    status,
    detail,
    code: refusal.code,
    ...(param === undefined ? {} : { param }),
    requestId,
  };
  return { ...members, ...extra, ...members }; // in reading order, and extra members replace none of these
}
