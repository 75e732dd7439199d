import { assert } from "../kernel/assert.js";
import type { JsonSchema } from "./document.js";

type Components = Readonly<Record<string, JsonSchema>>;

const byFormat: Readonly<Record<string, string>> = {
  "date-time": "2026-01-31T12:00:00.000Z",
  date: "2026-01-31",
};

/**
 * A value of a schema: the first of its `examples`, or one that is put together from those of its parts. What can say
 * nothing of itself, such as a bare string, needs an example, so that no documentation shows "string".
 */
export function exampleOf(schema: JsonSchema, components: Components, at = "the schema"): unknown {
  const given = givenBy(schema);
  if (given !== undefined) return given;
  if (schema.$ref !== undefined) {
    const name = schema.$ref.split("/").at(-1) ?? "";
    const target = components[name];
    assert(target !== undefined, `${name} is described`);
    return exampleOf(target, components, name);
  }
  const options = schema.oneOf ?? schema.anyOf;
  const option = options?.find(({ type }) => type !== "null");
  if (option !== undefined) return exampleOf(option, components, at);
  if (schema.type === "object" && schema.properties !== undefined)
    return Object.fromEntries(
      Object.entries(schema.properties).map(([name, part]) => [
        name,
        exampleOf(asSchema(part), components, `${at}.${name}`),
      ]),
    );
  if (schema.type === "array" && schema.items !== undefined)
    return [exampleOf(asSchema(schema.items), components, `${at}[]`)];
  if (allowsNull(schema)) return null;
  const formatted = byFormat[schema.format ?? ""];
  assert(formatted !== undefined, `${at} has an example: say one with meta({ examples })`);
  return formatted;
}

/** Where nothing is an answer too, and nothing else is said, nothing is shown. */
function allowsNull({ type }: { readonly type?: unknown }): boolean {
  return Array.isArray(type) && type.includes("null");
}

function givenBy({ examples, const: only, enum: values, type }: JsonSchema): unknown {
  if (Array.isArray(examples)) return examples[0];
  if (only !== undefined) return only;
  if (values !== undefined) return values[0];
  if (type === "boolean") return false;
  return undefined;
}

function asSchema(part: unknown): JsonSchema {
  assert(typeof part === "object" && part !== null, "a part is described by an object");
  return part as JsonSchema;
}
