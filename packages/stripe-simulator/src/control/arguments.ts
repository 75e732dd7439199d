import { ApiError } from "../api-error.js";
import { isObject, type Json, type JsonObject } from "../json.js";

/** The arguments of a control call. */
export type Given = readonly Json[];

/** The text at a place. */
export function textAt(given: Given, index: number): string {
  const value = given[index];
  if (typeof value === "string") return value;
  throw new ApiError(400, `Argument ${index + 1} must be a text.`);
}

/** The object at a place, empty when absent. */
export function optionsAt(given: Given, index: number): JsonObject {
  const value = given[index];
  return isObject(value) ? value : {};
}

/** One of the named values, or the first when absent. */
export function oneOf<T extends string>(value: Json | undefined, names: readonly [T, ...T[]]): T {
  if (value === undefined || value === null) return names[0];
  const found = names.find((name) => name === value);
  if (found !== undefined) return found;
  throw new ApiError(400, `Expected one of ${names.join(", ")}, not ${JSON.stringify(value)}.`);
}

/** A text of the options, or null. */
export function textOf(options: JsonObject, name: string): string | null {
  const value = options[name];
  return typeof value === "string" ? value : null;
}

/** A number of the options, or null. */
export function numberOf(options: JsonObject, name: string): number | null {
  const value = options[name];
  return typeof value === "number" && Number.isFinite(value) ? value : null;
}

/** A list of texts of the options, or null. */
export function textsOf(options: JsonObject, name: string): string[] | null {
  const value = options[name];
  return Array.isArray(value) ? value.filter((item) => typeof item === "string") : null;
}
