import { z } from "zod";
import { assert } from "../kernel/assert.js";
import type { ResponseShape, RouteContract } from "../platform/http/route.js";
import { refusalsOf } from "../platform/http/route-refusals.js";
import { describeProblems, requestIdHeader } from "./describe-problems.js";
import type { SchemaBook } from "./describe-schemas.js";
import type { Answer, Content, JsonSchema, Operation, Parameter } from "./document.js";
import { exampleOf } from "./example-of.js";

/** A route as an operation of OpenAPI. Problems that others answer too are added to `problems`. */
export function describeOperation(
  route: RouteContract,
  book: SchemaBook,
  problems: Record<string, Answer>,
): Operation {
  const { operationId, summary, tags } = route;
  const description = [route.description, tokensLine(route)].filter(Boolean).join(" ");
  const parameters = describeParameters(route, book);
  const requestBody = describeBody(route, book);
  return {
    operationId,
    summary,
    ...(description === "" ? {} : { description }),
    tags,
    security: describeSecurity(route),
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(requestBody === undefined ? {} : { requestBody }),
    responses: {
      ...describeAnswers(route, book),
      ...describeProblems(refusalsOf(route), problems),
    },
  };
}

/** Which tokens may call it, by their tools. */
function tokensLine({ tokens }: RouteContract): string | undefined {
  if (tokens === undefined) return undefined;
  if (tokens.tools === "any") return "Every token may ask.";
  const tools = tokens.tools.map((tool) => `\`${tool}\``).join(" or ");
  const whose = tokens.whose === undefined ? "An operator's token" : "An agent's token";
  return `${whose} needs the tool ${tools}.`;
}

function describeSecurity({ auth }: RouteContract): Operation["security"] {
  return auth === "public" ? [] : [{ bearer: auth.scopes }, { basic: auth.scopes }];
}

const idempotencyKey =
  "Repeats of a request with the same key get the first answer, and nothing is done twice. 1 to 255 visible ASCII characters; kept for 24 hours.";

function describeParameters(route: RouteContract, book: SchemaBook): readonly Parameter[] {
  const headers = {
    ...(route.idempotent === true ? { "Idempotency-Key": idempotencyKey } : {}),
    ...route.headers,
  };
  return [
    ...describeFields("path", route.params, book),
    ...describeFields("query", route.query, book),
    ...Object.entries(headers).map(([name, description]): Parameter => {
      const schema: JsonSchema = { type: "string", examples: [headerExamples[name] ?? "1"] };
      return { name, in: "header", required: false, description, schema };
    }),
  ];
}

const headerExamples: Readonly<Record<string, string>> = {
  "Idempotency-Key": "order-1001",
  Prefer: "wait",
  "Stripe-Signature":
    "t=1769860800,v1=5257a869e7ecebeda32affa62cdca3fa51cad7e77a0e56ff536d0ce8e108d8bd",
};

function describeFields(
  where: "path" | "query",
  fields: z.ZodObject,
  book: SchemaBook,
): readonly Parameter[] {
  const { properties = {}, required = [] } = book.describe(fields, "input");
  return Object.entries(properties).map(([name, part]) => {
    assert(typeof part === "object", `${name} is described by an object`);
    const { description, ...schema } = part;
    return {
      name,
      in: where,
      required: where === "path" || required.includes(name),
      ...(description === undefined ? {} : { description }),
      schema,
    };
  });
}

function describeBody(route: RouteContract, book: SchemaBook): Operation["requestBody"] {
  const { body, otherBodies = {}, example } = route;
  const others = Object.entries(otherBodies).map(([type, schema]) => {
    const described = book.describe(schema, "input");
    return [type, { schema: described, example: exampleOf(described, book.components) }] as const;
  });
  if (body === undefined)
    return others.length === 0
      ? undefined
      : { required: true, content: Object.fromEntries(others) };
  const shape = example ?? {};
  // A body without a field that must be there may be left out altogether.
  const required = !body.safeParse({}).success;
  const schema = book.describe(body, "input");
  const json = { schema, example: shape };
  return { required, content: { "application/json": json, ...Object.fromEntries(others) } };
}

function describeAnswers(route: RouteContract, book: SchemaBook): Record<string, Answer> {
  const headers = {
    ...requestIdHeader,
    ...(route.idempotent === true ? replayedHeader : {}),
  };
  return Object.fromEntries(
    Object.entries(route.response).map(([status, shape]) => {
      const content = describeContent(shape, route, book, route.shown?.[Number(status)]);
      const description = meanings[status] ?? "Done.";
      return [status, { description, headers, ...(content === undefined ? {} : { content }) }];
    }),
  );
}

const replayedHeader = {
  "Idempotent-Replayed": { $ref: "#/components/headers/Idempotent-Replayed" },
} as const;

const meanings: Readonly<Record<string, string>> = {
  200: "Done.",
  201: "Created.",
  202: "Accepted: committed, and done soon.",
};

function describeContent(
  shape: ResponseShape,
  { downloads }: RouteContract,
  book: SchemaBook,
  shown: unknown,
): Content | undefined {
  if (shape === "text") return { "text/plain": { schema: { type: "string" }, example: "OK" } };
  if (!(shape instanceof z.ZodType)) return undefined;
  const schema = book.describe(shape, "output");
  const json = { schema, example: shown ?? exampleOf(schema, book.components) };
  return {
    "application/json": json,
    ...(downloads === true
      ? { "text/csv": { schema: { type: "string" }, example: csvExample } }
      : {}),
  };
}

const csvExample = "A table with a line of names first, as RFC 4180 has it.";
