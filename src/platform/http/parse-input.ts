import type { IncomingMessage } from "node:http";
import type { z } from "zod";
import { Refusal } from "../../kernel/refusals.js";
import { parseJson, refuseUnstorable } from "./parse-json.js";

const faultsMax = 20;
const detailLengthMax = 300;
const paramLengthMax = 200;

export interface Fault {
  readonly param: string;
  readonly detail: string;
}

/** The JSON of a body. An empty body is an empty object, so that the schema names what is missing. */
export function parseBody(request: IncomingMessage, body: Buffer): unknown {
  if (body.length === 0) return {};
  const type = request.headers["content-type"]?.split(";", 1)[0]?.trim().toLowerCase() ?? "";
  if (!/^application\/(?:[\w.-]+\+)?json$/.test(type)) {
    throw new Refusal("unsupported_media_type", {
      detail: "Send the body with Content-Type: application/json.",
    });
  }
  return parseJson(body);
}

/** Parses one part of a request. Throws `invalid_request` with the first fault as `param` and a bounded list of all. */
export function parseInput(schema: z.ZodType, input: unknown): unknown {
  const result = schema.safeParse(input, { reportInput: false });
  if (result.success) return result.data;
  const faults = faultsOf(result.error);
  const first = faults[0];
  throw new Refusal("invalid_request", {
    detail: first === undefined ? "The request is not valid." : sentence(first),
    ...(first === undefined || first.param === "" ? {} : { param: first.param }),
    extra: { errors: faults },
  });
}

/** Path and query parameters: text without what a database cannot hold. */
export function parseText(schema: z.ZodType, input: Readonly<Record<string, unknown>>): unknown {
  for (const [name, value] of Object.entries(input)) {
    refuseUnstorable(name, "");
    for (const text of [value].flat()) if (typeof text === "string") refuseUnstorable(text, name);
  }
  return parseInput(schema, input);
}

function faultsOf(error: z.ZodError): readonly Fault[] {
  const faults: Fault[] = [];
  for (const issue of error.issues) {
    const keys = issue.code === "unrecognized_keys" ? issue.keys : [undefined];
    for (const key of keys) {
      if (faults.length === faultsMax) return faults;
      faults.push({
        param: paramOf(key === undefined ? issue.path : [...issue.path, key]),
        detail: (key === undefined ? issue.message : "This field is not known here.").slice(
          0,
          detailLengthMax,
        ),
      });
    }
  }
  return faults;
}

function paramOf(path: readonly PropertyKey[]): string {
  const text = path.reduce<string>(
    (before, part) =>
      typeof part === "number" ? `${before}[${part}]` : `${before}${before && "."}${String(part)}`,
    "",
  );
  return text.slice(0, paramLengthMax);
}

function sentence({ param, detail }: Fault): string {
  return param === "" ? detail : `${param}: ${detail}`;
}
