import ts from "typescript";
import { isDecimal, isOpenString, propertiesOf, readAliases } from "./type-program.js";

/** A JSON Schema (2020-12), as plain data. */
export type Schema = { readonly [keyword: string]: unknown };

/** One schema for each object of `sdk-objects.ts`, and the definitions that they share. */
export interface ObjectSchemas {
  readonly objects: Record<string, Schema>;
  readonly $defs: Record<string, Schema>;
}

/**
 * Derives a JSON Schema for each object from the installed SDK's types. Objects are closed: an answer must not have
 * a field that the types do not know, so that a misspelt field is found.
 */
export function deriveObjects(): ObjectSchemas {
  const { checker, aliases } = readAliases("./sdk-objects.ts");
  const $defs: Record<string, Schema> = {};
  const names = new Map<ts.Type, string>();

  const ofUnion = (type: ts.UnionType): Schema => {
    const values = type.types.flatMap((part) => (part.isStringLiteral() ? [part.value] : []));
    const options: Schema[] = values.length > 0 ? [{ enum: values }] : [];
    for (const part of type.types) {
      // Enums stay closed here: the simulator must not invent values that the SDK does not name.
      if (part.isStringLiteral() || (isOpenString(part) && values.length > 0)) continue;
      if ((part.flags & ts.TypeFlags.Undefined) === 0) options.push(ofType(part));
    }
    return { anyOf: options };
  };

  const ofObject = (type: ts.Type): Schema => {
    const known = names.get(type);
    if (known !== undefined) return { $ref: `#/$defs/${known}` };
    const name = `${type.getSymbol()?.getName() ?? "type"}${names.size}`.replace(/\W/g, "");
    names.set(type, name);
    const properties: Record<string, Schema> = {};
    const required: string[] = [];
    for (const property of propertiesOf(checker, type)) {
      properties[property.name] = ofType(property.type);
      if (!property.optional) required.push(property.name);
    }
    const values = checker.getIndexTypeOfType(type, ts.IndexKind.String);
    const open = name.startsWith("Object") || name.startsWith("PreviousAttributes");
    const additionalProperties = values ? ofType(values) : open;
    $defs[name] = { type: "object", properties, required, additionalProperties };
    return { $ref: `#/$defs/${name}` };
  };

  const ofType = (type: ts.Type): Schema => {
    if (isDecimal(type)) return { type: "string" };
    if (type.isStringLiteral() || type.isNumberLiteral()) return { const: type.value };
    if (isOpenString(type) || (type.flags & ts.TypeFlags.StringLike) !== 0)
      return { type: "string" };
    if ((type.flags & ts.TypeFlags.NumberLike) !== 0) return { type: "number" };
    if ((type.flags & ts.TypeFlags.BooleanLiteral) !== 0) {
      return { const: checker.typeToString(type) === "true" };
    }
    if ((type.flags & ts.TypeFlags.Boolean) !== 0) return { type: "boolean" };
    if ((type.flags & ts.TypeFlags.Null) !== 0) return { type: "null" };
    if ((type.flags & (ts.TypeFlags.Undefined | ts.TypeFlags.Void | ts.TypeFlags.Never)) !== 0) {
      return { not: {} };
    }
    if (type.isUnion()) return ofUnion(type);
    if (checker.isArrayType(type)) {
      const item = checker.getIndexTypeOfType(type, ts.IndexKind.Number);
      return { type: "array", items: item ? ofType(item) : {} };
    }
    return (type.flags & ts.TypeFlags.Object) !== 0 ? ofObject(type) : {};
  };

  const objects: Record<string, Schema> = {};
  for (const alias of aliases) objects[alias.name] = ofType(alias.type);
  return { objects, $defs };
}
