import { html, type Html, type HtmlValue } from "../../platform/http/html.js";
import type { JsonSchema } from "../document.js";
import { prose } from "./prose.js";

/** The fields of an object, those of objects within it below them. Named objects are links. */
export function renderFields(schema: JsonSchema): Html | undefined {
  const object = objectIn(schema);
  if (object === undefined) return undefined;
  const { properties = {}, required = [], additionalProperties: named } = object;
  const entries = Object.entries(properties).map(([name, part]) => ({
    name: html`<code>${name}</code>`,
    isOptional: !required.includes(name),
    part: asSchema(part),
  }));
  const more =
    typeof named === "object" && Object.keys(named).length > 0
      ? [{ name: html`<em>by name</em>`, isOptional: false, part: asSchema(named) }]
      : [];
  const all = [...entries, ...more];
  if (all.length === 0) return undefined;
  return html`<ul class="fields">${all.map(renderField)}</ul>`;
}

function renderField({
  name,
  part,
  isOptional,
}: {
  readonly name: Html;
  readonly part: JsonSchema;
  readonly isOptional: boolean;
}): Html {
  return html`<li>${name} ${renderType(part)}${isOptional && html` <span class="soft">optional</span>`}
    ${part.description !== undefined && html`<p>${prose(part.description)}</p>`}
    ${renderBounds(part)}
    ${renderFields(part)}</li>`;
}

/** An object, one in a list, or the first that something may be. */
function objectIn(schema: JsonSchema): JsonSchema | undefined {
  if (schema.$ref !== undefined) return undefined;
  if (isOfType(schema, "object")) return schema;
  if (isOfType(schema, "array") && schema.items !== undefined)
    return objectIn(asSchema(schema.items));
  const options = (schema.anyOf ?? schema.oneOf ?? [])
    .map(objectIn)
    .filter((each) => each !== undefined);
  return options.length === 1 ? options[0] : mergedOptions(options);
}

/** Of several shapes every field that one of them has: what tells them apart is a field of its own. */
function mergedOptions(options: readonly JsonSchema[]): JsonSchema | undefined {
  if (options.length === 0) return undefined;
  const names = [...new Set(options.flatMap(({ properties }) => Object.keys(properties ?? {})))];
  const properties = names.map((name): [string, JsonSchema] => {
    const found = options.flatMap((each) => each.properties?.[name] ?? []).map(asSchema);
    const values = found.flatMap((each) => each.const ?? each.enum ?? []);
    const [first = {}] = found;
    return [name, values.length > 1 ? { type: "string", enum: values } : first];
  });
  const required = names.filter((name) => options.every((each) => each.required?.includes(name)));
  return { type: "object", properties: Object.fromEntries(properties), required };
}

export function renderType(schema: JsonSchema): HtmlValue {
  return html`<span class="type">${typeOf(schema)}</span>`;
}

function typeOf(schema: JsonSchema): HtmlValue {
  const { $ref, const: only, enum: values, items, format, type } = schema;
  const options = schema.anyOf ?? schema.oneOf;
  if ($ref !== undefined) {
    const name = $ref.split("/").at(-1) ?? "";
    return html`<a href="#${name}">${name}</a>`;
  }
  if (only !== undefined) return JSON.stringify(only);
  if (values !== undefined) return values.map((value) => JSON.stringify(value)).join(" | ");
  if (options !== undefined) return joined(distinct(options.map(typeOf)));
  if (type === "array" && items !== undefined) return html`list of ${typeOf(asSchema(items))}`;
  const names = typesOf(schema).join(" | ");
  return format === undefined ? names : `${names}, ${format}`;
}

function distinct(types: readonly HtmlValue[]): readonly HtmlValue[] {
  const seen = new Set<string>();
  return types.filter((type) => {
    const markup = html`${type}`.markup;
    return !seen.has(markup) && seen.add(markup);
  });
}

function joined(types: readonly HtmlValue[]): HtmlValue {
  return types.map((type, index) => (index === 0 ? type : html` | ${type}`));
}

function renderBounds(schema: JsonSchema): Html | undefined {
  const { minimum, maximum, default: otherwise, minLength, maxLength } = schema;
  const words = [
    minimum !== undefined && maximum !== undefined ? `${minimum} to ${maximum}` : undefined,
    minimum !== undefined && maximum === undefined ? `${minimum} or more` : undefined,
    maxLength === undefined ? undefined : `${minLength ?? 0} to ${maxLength} characters`,
    otherwise === undefined ? undefined : `default ${JSON.stringify(otherwise)}`,
  ].filter((word) => word !== undefined);
  return words.length === 0 ? undefined : html`<p class="soft small">${words.join(", ")}</p>`;
}

function typesOf({ type }: { readonly type?: unknown }): readonly string[] {
  return Array.isArray(type) ? type.map(String) : typeof type === "string" ? [type] : ["anything"];
}

function isOfType(schema: JsonSchema, type: string): boolean {
  return typesOf(schema).includes(type);
}

function asSchema(part: unknown): JsonSchema {
  return typeof part === "object" && part !== null ? (part as JsonSchema) : {};
}
