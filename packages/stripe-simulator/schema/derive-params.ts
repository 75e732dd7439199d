import ts from "typescript";
import { isDecimal, isOpenString, propertiesOf, readAliases } from "./type-program.js";

/** A parameter's type: a scalar's name, a number pointing into `nodes`, or a list of enum values. */
export type ParamNode =
  | string
  | number
  | { enum: string[] }
  | { array: ParamNode }
  | { map: ParamNode }
  | { anyOf: ParamNode[] }
  | { object: Record<string, ParamNode>; required: string[] };

/** What `params.json` holds: one entry per request, and the object types they share. */
export interface ParamSchemas {
  readonly requests: Record<string, ParamNode>;
  readonly nodes: ParamNode[];
}

/** The SDK's types say `number` for both; these are the few that Stripe takes with a fraction. */
const fractional = new Set(["percent_off", "latitude", "longitude"]);

/** The shared types: equal ones are kept once. */
function openNodes(): { nodes: ParamNode[]; intern: (node: ParamNode) => number } {
  const nodes: ParamNode[] = [];
  const known = new Map<string, number>();
  const intern = (node: ParamNode): number => {
    const key = JSON.stringify(node);
    const index = known.get(key) ?? nodes.length;
    if (index === nodes.length) nodes.push(node);
    known.set(key, index);
    return index;
  };
  return { nodes, intern };
}

/**
 * Derives the parameters of every request from the installed SDK's types. Enums are closed here although the SDK
 * leaves them open: Stripe refuses a value that it does not know.
 */
export function deriveParams(): ParamSchemas {
  const { checker, aliases } = readAliases("./sdk-params.ts");
  const { nodes, intern } = openNodes();
  const inProgress = new Set<ts.Type>();

  const ofUnion = (type: ts.UnionType, name: string): ParamNode => {
    const values = type.types.flatMap((part) => (part.isStringLiteral() ? [part.value] : []));
    const options: ParamNode[] = [];
    const named = values.filter((value) => value !== "");
    if (named.length > 0) options.push({ enum: named });
    if (values.includes("")) options.push("empty");
    for (const part of type.types) {
      if (part.isStringLiteral() || (isOpenString(part) && named.length > 0)) continue;
      if ((part.flags & (ts.TypeFlags.Undefined | ts.TypeFlags.Null)) !== 0) continue;
      const node = ofType(part, name);
      if (!options.some((option) => JSON.stringify(option) === JSON.stringify(node)))
        options.push(node);
    }
    const [only] = options;
    if (options.length === 1 && only !== undefined) return only;
    return values.length > 3 ? intern({ anyOf: options }) : { anyOf: options };
  };

  const ofObject = (type: ts.Type): ParamNode => {
    if (inProgress.has(type)) return "any";
    inProgress.add(type);
    const properties = propertiesOf(checker, type);
    const object: Record<string, ParamNode> = {};
    for (const property of properties) object[property.name] = ofType(property.type, property.name);
    const required = properties
      .filter((property) => !property.optional)
      .map((property) => property.name);
    inProgress.delete(type);
    const values = checker.getIndexTypeOfType(type, ts.IndexKind.String);
    if (properties.length === 0 && values) return { map: ofType(values, "") };
    return intern({ object, required });
  };

  const ofType = (type: ts.Type, name: string): ParamNode => {
    if (isDecimal(type)) return "decimal";
    if (type.isStringLiteral()) return { enum: [type.value] };
    if (isOpenString(type) || (type.flags & ts.TypeFlags.StringLike) !== 0) return "string";
    if ((type.flags & ts.TypeFlags.NumberLike) !== 0)
      return fractional.has(name) ? "number" : "integer";
    if ((type.flags & ts.TypeFlags.BooleanLike) !== 0) return "boolean";
    if (type.isUnion()) return ofUnion(type, name);
    if (checker.isArrayType(type)) {
      const item = checker.getIndexTypeOfType(type, ts.IndexKind.Number);
      return { array: item ? ofType(item, name) : "any" };
    }
    return (type.flags & ts.TypeFlags.Object) !== 0 ? ofObject(type) : "any";
  };

  const requests: Record<string, ParamNode> = {};
  for (const alias of aliases) requests[alias.name] = ofType(alias.type, alias.name);
  return { requests, nodes };
}

/** The committed form: one entry a line, so that a new SDK shows as a readable difference. */
export function printParams(schemas: ParamSchemas): string {
  const requests = Object.entries(schemas.requests).map(
    ([name, node]) => `  ${JSON.stringify(name)}: ${JSON.stringify(node)}`,
  );
  const nodes = schemas.nodes.map((node) => `  ${JSON.stringify(node)}`);
  return `{"requests": {\n${requests.join(",\n")}\n},\n"nodes": [\n${nodes.join(",\n")}\n]}\n`;
}
