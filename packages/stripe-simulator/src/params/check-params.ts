import { invalidRequest } from "../api-error.js";
import type { Json, JsonObject } from "../json.js";
import type { FormTable, FormValue } from "./form.js";
import { type ParamType, resolveType } from "./schemas.js";

const integerMax = 99_999_999_999_999;

/** Turns form text into typed JSON, and refuses what Stripe refuses, with Stripe's words. */
export function checkParams(type: ParamType, form: FormTable): JsonObject {
  const known = resolveType(type);
  return known.kind === "object" ? readObject(known, form, "") : {};
}

function nameOf(path: string, name: string): string {
  return path === "" ? name : `${path}[${name}]`;
}

function readObject(
  type: Extract<ParamType, { kind: "object" }>,
  form: FormTable,
  path: string,
): JsonObject {
  const unknown = Object.keys(form).filter((name) => !type.properties.has(name));
  const [first] = unknown;
  if (first !== undefined) {
    const names = unknown.map((name) => nameOf(path, name)).join(", ");
    const noun = unknown.length > 1 ? "parameters" : "parameter";
    throw invalidRequest(
      `Received unknown ${noun}: ${names}`,
      nameOf(path, first),
      "parameter_unknown",
    );
  }
  for (const name of type.required) {
    if (form[name] !== undefined) continue;
    const param = nameOf(path, name);
    throw invalidRequest(`Missing required param: ${param}.`, param, "parameter_missing");
  }
  const read: JsonObject = {};
  for (const [name, value] of Object.entries(form)) {
    const property = type.properties.get(name);
    if (property) read[name] = readValue(property, value, nameOf(path, name));
  }
  return read;
}

function readArray(item: ParamType, form: FormTable, path: string): Json[] {
  const indexes = Object.keys(form);
  if (!indexes.every((index) => /^\d{1,6}$/.test(index)))
    throw invalidRequest("Invalid array", path);
  indexes.sort((a, b) => Number(a) - Number(b));
  return indexes.map((index) => readValue(item, form[index] ?? "", nameOf(path, index)));
}

function readMap(value: ParamType, form: FormTable, path: string): JsonObject {
  const read: JsonObject = {};
  for (const [name, text] of Object.entries(form)) {
    if (name !== "__proto__") read[name] = readValue(value, text, nameOf(path, name));
  }
  return read;
}

function readUnion(options: readonly ParamType[], value: FormValue, path: string): Json {
  const types = options.map(resolveType);
  const wantsTable = typeof value === "object";
  const candidates = types.filter((type) => takesTable(type) === wantsTable);
  if (value === "" && types.some((type) => type.kind === "scalar" && type.name === "empty"))
    return "";
  const [first, ...others] = candidates.length > 0 ? candidates : types;
  if (first === undefined) return null;
  for (const candidate of others) {
    if (accepts(first, value, path)) break;
    if (accepts(candidate, value, path)) return readValue(candidate, value, path);
  }
  return readValue(first, value, path);
}

function accepts(type: ParamType, value: FormValue, path: string): boolean {
  try {
    readValue(type, value, path);
    return true;
  } catch {
    return false;
  }
}

function takesTable(type: ParamType): boolean {
  return type.kind === "object" || type.kind === "array" || type.kind === "map";
}

function readValue(declared: ParamType, value: FormValue, path: string): Json {
  const type = resolveType(declared);
  if (type.kind === "anyOf") return readUnion(type.options, value, path);
  if (typeof value === "object") {
    if (type.kind === "object") return readObject(type, value, path);
    if (type.kind === "array") return readArray(type.item, value, path);
    if (type.kind === "map") return readMap(type.value, value, path);
    if (type.kind === "scalar" && type.name === "any") return null;
    throw invalidRequest(`Invalid ${typeName(type)}: ${JSON.stringify(value)}`, path);
  }
  if (takesTable(type))
    throw invalidRequest(`Invalid ${type.kind === "array" ? "array" : "object"}`, path);
  if (type.kind === "enum") return readEnum(type.values, value, path);
  return type.kind === "scalar" ? readScalar(type.name, value, path) : value;
}

function typeName(type: ParamType): string {
  return type.kind === "scalar" && type.name !== "any" ? type.name : "string";
}

function readEnum(values: readonly string[], value: string, path: string): Json {
  if (values.includes(value)) return value;
  const last = values.at(-1) ?? "";
  const before = values.slice(0, -1).join(", ");
  const list = before === "" ? last : `${before}${values.length > 2 ? "," : ""} or ${last}`;
  const leaf = path.replace(/\[\d+\]$/, "").replace(/^.*\[([^\]]+)\]$/, "$1");
  throw invalidRequest(
    `Invalid ${leaf}: must be ${values.length > 1 ? "one of " : ""}${list}`,
    path,
  );
}

function readScalar(name: string, value: string, path: string): Json {
  switch (name) {
    case "integer": {
      const number = Number(value);
      if (/^-?\d{1,15}$/.test(value) && Math.abs(number) <= integerMax) return number;
      throw invalidRequest(`Invalid integer: ${value}`, path, "parameter_invalid_integer");
    }
    case "number": {
      if (/^-?\d{1,12}(\.\d{1,12})?$/.test(value)) return Number(value);
      throw invalidRequest(`Invalid decimal: ${value}`, path, "parameter_invalid_decimal");
    }
    case "decimal": {
      if (/^-?\d{1,12}(\.\d{1,12})?$/.test(value)) return value;
      throw invalidRequest(`Invalid decimal: ${value}`, path, "parameter_invalid_decimal");
    }
    case "boolean": {
      if (value === "true" || value === "false") return value === "true";
      throw invalidRequest(`Invalid boolean: ${value}`, path);
    }
    case "empty":
      throw invalidRequest("Invalid object", path);
    default:
      if (value.length > 5_000) {
        throw invalidRequest(
          `Invalid string: ${value.slice(0, 20)}...; must be at most 5000 characters`,
          path,
        );
      }
      return value;
  }
}
