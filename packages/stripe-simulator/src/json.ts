/** Any JSON value. */
export type Json = null | boolean | number | string | Json[] | JsonObject;

/** A JSON object. */
export interface JsonObject {
  [key: string]: Json;
}

/** Whether the value is an object, and not an array or null. */
export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Merges `patch` into a copy of `base`. Objects merge by key; everything else replaces. */
export function deepMerge(base: JsonObject, patch: JsonObject): JsonObject {
  const merged: JsonObject = { ...base };
  for (const [key, value] of Object.entries(patch)) {
    if (key === "__proto__") continue;
    const before = merged[key];
    merged[key] = isObject(value) && isObject(before) ? deepMerge(before, value) : value;
  }
  return merged;
}

/** Reads JSON text as a `Json` value. Throws a SyntaxError on anything else. */
export function parseJson(text: string): Json {
  return JSON.parse(text) as Json;
}
