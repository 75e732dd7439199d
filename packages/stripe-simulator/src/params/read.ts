import { invalidRequest } from "../api-error.js";
import { isObject, type JsonObject } from "../json.js";

/** The text of a parameter, or null when it is absent or empty. */
export function text(params: JsonObject, name: string): string | null {
  const value = params[name];
  return typeof value === "string" && value !== "" ? value : null;
}

/** The text of a parameter that an update may leave alone: `before` when it is absent, null when it is emptied. */
export function textOr(params: JsonObject, name: string, before: string | null): string | null {
  return params[name] === undefined ? before : text(params, name);
}

/** The text of a parameter that must be there. */
export function requiredText(params: JsonObject, name: string): string {
  const value = text(params, name);
  if (value === null) {
    throw invalidRequest(`Missing required param: ${name}.`, name, "parameter_missing");
  }
  return value;
}

/** The whole number of a parameter, or null. */
export function integer(params: JsonObject, name: string): number | null {
  const value = params[name];
  return typeof value === "number" ? value : null;
}

/** Whether a boolean parameter is true. */
export function flag(params: JsonObject, name: string): boolean {
  return params[name] === true;
}

/** A nested object of parameters, empty when absent. */
export function table(params: JsonObject, name: string): JsonObject {
  const value = params[name];
  return isObject(value) ? value : {};
}

/** A list of nested objects of parameters. */
export function rows(params: JsonObject, name: string): JsonObject[] {
  const value = params[name];
  return Array.isArray(value) ? value.filter(isObject) : [];
}

/** A list of texts. */
export function texts(params: JsonObject, name: string): string[] {
  const value = params[name];
  return Array.isArray(value) ? value.filter((item) => typeof item === "string") : [];
}

/** Metadata: names to texts. */
export type Metadata = Readonly<Record<string, string>>;

/** Applies a metadata parameter to what was there: an empty value removes its name, an empty parameter all. */
export function metadataFrom(params: JsonObject, before: Metadata = {}): Metadata {
  const value = params["metadata"];
  if (value === "") return {};
  if (!isObject(value)) return before;
  const after: Record<string, string> = { ...before };
  for (const [name, item] of Object.entries(value)) {
    const param = `metadata[${name}]`;
    if (name.length > 40)
      throw invalidRequest("Metadata keys can have up to 40 characters.", param);
    const content = typeof item === "string" ? item : JSON.stringify(item);
    if (content.length > 500) {
      throw invalidRequest("Metadata values can have up to 500 characters.", param);
    }
    if (content === "") delete after[name];
    else after[name] = content;
  }
  if (Object.keys(after).length > 50) {
    throw invalidRequest("You can specify at most 50 metadata keys.", "metadata");
  }
  return after;
}
