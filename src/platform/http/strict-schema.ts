import { z } from "zod";

const depthMax = 32;

/**
 * The path of the first object in a schema that lets unknown fields pass, or `undefined` when there is none.
 * An object says what it does with unknown fields through its catchall: strict, passed on, or of a type.
 */
export function looseObjectIn(
  schema: z.core.$ZodType,
  path = "body",
  depth = 0,
): string | undefined {
  if (depth > depthMax) return undefined;
  if (schema instanceof z.ZodObject && schema.def.catchall === undefined) return path;
  for (const [name, inner] of partsOf(schema)) {
    const found = looseObjectIn(inner, `${path}${name}`, depth + 1);
    if (found !== undefined) return found;
  }
  return undefined;
}

function partsOf(schema: z.core.$ZodType): readonly (readonly [string, z.core.$ZodType])[] {
  if (schema instanceof z.ZodObject) {
    return Object.entries<z.core.$ZodType>(schema.shape).map(([name, part]) => [`.${name}`, part]);
  }
  if (schema instanceof z.ZodArray) return [["[]", schema.element]];
  if (schema instanceof z.ZodUnion) return schema.options.map((option) => ["", option]);
  if (schema instanceof z.ZodIntersection)
    return [
      ["", schema.def.left],
      ["", schema.def.right],
    ];
  if (schema instanceof z.ZodPipe) return [["", schema.in]];
  if (schema instanceof z.ZodRecord) return [[".*", schema.valueType]];
  if (wraps(schema)) return [["", schema.unwrap()]];
  return [];
}

function wraps(
  schema: z.core.$ZodType,
): schema is z.ZodOptional | z.ZodNullable | z.ZodDefault | z.ZodReadonly | z.ZodPrefault {
  return (
    schema instanceof z.ZodOptional ||
    schema instanceof z.ZodNullable ||
    schema instanceof z.ZodDefault ||
    schema instanceof z.ZodReadonly ||
    schema instanceof z.ZodPrefault
  );
}
