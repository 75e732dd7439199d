import { readFileSync } from "node:fs";
import { isObject, type Json, parseJson } from "../json.js";

/** A parameter's type, read from `schema/params.json`. */
export type ParamType =
  | { readonly kind: "scalar"; readonly name: string }
  | { readonly kind: "reference"; readonly index: number }
  | { readonly kind: "enum"; readonly values: readonly string[] }
  | { readonly kind: "array"; readonly item: ParamType }
  | { readonly kind: "map"; readonly value: ParamType }
  | { readonly kind: "anyOf"; readonly options: readonly ParamType[] }
  | {
      readonly kind: "object";
      readonly properties: ReadonlyMap<string, ParamType>;
      readonly required: readonly string[];
    };

function strings(value: Json | undefined): string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === "string") : [];
}

function readType(value: Json | undefined): ParamType {
  if (typeof value === "string") return { kind: "scalar", name: value };
  if (typeof value === "number") return { kind: "reference", index: value };
  if (!isObject(value)) return { kind: "scalar", name: "any" };
  if ("enum" in value) return { kind: "enum", values: strings(value["enum"]) };
  if ("array" in value) return { kind: "array", item: readType(value["array"]) };
  if ("map" in value) return { kind: "map", value: readType(value["map"]) };
  const options = value["anyOf"];
  if (Array.isArray(options)) return { kind: "anyOf", options: options.map(readType) };
  const object = value["object"];
  const entries = isObject(object) ? Object.entries(object) : [];
  const properties = new Map(entries.map(([name, type]) => [name, readType(type)]));
  return { kind: "object", properties, required: strings(value["required"]) };
}

const file = parseJson(readFileSync(new URL("../../schema/params.json", import.meta.url), "utf8"));
const nodes = isObject(file) && Array.isArray(file["nodes"]) ? file["nodes"].map(readType) : [];
const requests = new Map(
  isObject(file) && isObject(file["requests"])
    ? Object.entries(file["requests"]).map(([name, type]) => [name, readType(type)])
    : [],
);

/** Follows a reference to the type it names. */
export function resolveType(type: ParamType): ParamType {
  if (type.kind !== "reference") return type;
  return nodes[type.index] ?? { kind: "scalar", name: "any" };
}

/** The parameters of one kind of request, such as `CustomerCreateParams`. */
export function paramsOf(name: string): ParamType {
  const type = requests.get(name);
  if (type === undefined) throw new Error(`params.json has no ${name}; run schema/generate.ts`);
  return resolveType(type);
}
