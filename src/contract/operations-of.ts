import { assert } from "../kernel/assert.js";
import type { RefusalCode } from "../kernel/refusals.js";
import { problemContentType } from "../platform/http/problem.js";
import type { Answer, ContractDocument, Operation, Reference } from "./document.js";
import { refusalCodes } from "./refusals/refusal-docs.js";

/** An operation with its place, and its answers with what they refuse. */
export interface PlacedOperation extends Operation {
  readonly method: string;
  readonly path: string;
  readonly answers: readonly {
    readonly status: string;
    readonly answer: Answer;
    /** Empty for what is no refusal. */
    readonly codes: readonly RefusalCode[];
  }[];
}

/** Every operation of a contract, in its order. */
export function operationsOf(document: ContractDocument): readonly PlacedOperation[] {
  return Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => {
      const answers = Object.entries(operation.responses).map(([status, response]) => {
        const answer = answerOf(response, document);
        return { status, answer, codes: codesOf(answer) };
      });
      return { ...operation, method, path, answers };
    }),
  );
}

function answerOf(response: Answer | Reference, { components }: ContractDocument): Answer {
  if (!("$ref" in response)) return response;
  const answer = components.responses[response.$ref.split("/").at(-1) ?? ""];
  assert(answer !== undefined, `${response.$ref} is in the contract`);
  return answer;
}

function codesOf({ content = {} }: Answer): readonly RefusalCode[] {
  const examples = content[problemContentType]?.examples ?? {};
  return refusalCodes.filter((code) => code in examples);
}
