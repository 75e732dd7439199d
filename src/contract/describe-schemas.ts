import { isDeepStrictEqual } from "node:util";
import { z } from "zod";
import { assert } from "../kernel/assert.js";
import type { JsonSchema } from "./document.js";

/** `input`: what a caller may send. `output`: what Chargly answers. */
export type Direction = "input" | "output";

export interface SchemaBook {
  /** The schema as OpenAPI has it; whatever has a name is a reference into `components`. */
  readonly describe: (schema: z.ZodType, direction: Direction) => JsonSchema;
  /** Everything with a name that was described so far. */
  readonly components: Readonly<Record<string, JsonSchema>>;
}

/** Turns zod schemas into the JSON Schemas of one document. A name stands for one shape: `meta({ id })`. */
export function createSchemaBook(): SchemaBook {
  const components: Record<string, JsonSchema> = {};
  return {
    components,
    describe: (schema, io) => {
      // Wrapped, so that a schema with a name is a reference here as everywhere else.
      const { properties, $defs = {} } = z.toJSONSchema(z.strictObject({ it: schema }), {
        io,
        override: ({ zodSchema, jsonSchema }) => {
          tidy(zodSchema, jsonSchema, io);
        },
      });
      for (const [name, found] of Object.entries($defs)) {
        const shape = pointingAtComponents(found);
        const known = components[name];
        assert(
          known === undefined || isDeepStrictEqual(known, shape),
          `${name} names one shape: give the other one a name of its own`,
        );
        components[name] = shape;
      }
      const described = properties?.["it"];
      assert(typeof described === "object", "a described schema is an object");
      return pointingAtComponents(described);
    },
  };
}

function pointingAtComponents(schema: JsonSchema): JsonSchema {
  const text = JSON.stringify(schema).replaceAll('"#/$defs/', '"#/components/schemas/');
  const { id: _id, ...rest } = JSON.parse(text) as JsonSchema;
  return rest;
}

/** What zod says of a schema, without what helps nobody who reads it. */
function tidy(zodSchema: z.core.$ZodTypes, schema: JsonSchema, io: Direction): void {
  const said = z.globalRegistry.get(zodSchema);
  // Zod leaves out the examples of what is parsed into another type; ours are always of what is sent.
  if (Array.isArray(said?.["examples"])) schema.examples = said["examples"];
  if (schema.minimum === Number.MIN_SAFE_INTEGER) delete schema.minimum;
  if (schema.maximum === Number.MAX_SAFE_INTEGER) delete schema.maximum;
  if (schema.format !== undefined) delete schema.pattern;
  // An answer may gain fields; a request may not have others than these.
  const isOpen = zodSchema instanceof z.ZodObject && zodSchema.def.catchall === undefined;
  if (io === "output" && isOpen) delete schema.additionalProperties;
  if (isAnyName(schema.propertyNames)) delete schema.propertyNames;
}

const isAnyName = (names: unknown): boolean => isDeepStrictEqual(names, { type: "string" });
