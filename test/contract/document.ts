import { readFileSync } from "node:fs";
import { Ajv2020 } from "ajv/dist/2020.js";
import { committedFile } from "../../src/app/contract.js";
import type {
  ContractDocument,
  JsonSchema,
  MediaType,
  Reference,
} from "../../src/contract/document.js";
import { operationsOf, type PlacedOperation } from "../../src/contract/operations-of.js";

/** The committed contract, as whoever reads the file gets it. */
export const contract = JSON.parse(readFileSync(committedFile, "utf8")) as ContractDocument;

export const operations = operationsOf(contract);

function resolved<T extends object>(found: T | Reference): T {
  if (!("$ref" in found)) return found;
  const parts = found.$ref.replace(/^#\//, "").split("/");
  return parts.reduce<unknown>((at, part) => (at as Record<string, unknown>)[part], contract) as T;
}

const ajv = new Ajv2020({ strict: false, validateFormats: false, inlineRefs: false });
ajv.addSchema({ $id: "contract:", components: contract.components }, "contract:");

const compiled = new Map<string, ReturnType<typeof ajv.compile>>();

/** What of a value does not fit a schema of the contract. */
export function faultsOf(schema: JsonSchema, value: unknown): readonly string[] {
  const text = JSON.stringify(schema).replaceAll('"#/', '"contract:#/');
  const validate = compiled.get(text) ?? ajv.compile(JSON.parse(text) as object);
  compiled.set(text, validate);
  if (validate(value)) return [];
  return (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`);
}

/** Every example of an operation, with the schema that it is of. Fails for content without one. */
export function examplesIn({
  operationId,
  parameters = [],
  requestBody,
  answers,
}: PlacedOperation) {
  const contents = [
    ["body", requestBody?.content ?? {}] as const,
    ...answers.map(({ status, answer }) => [status, answer.content ?? {}] as const),
  ];
  const inContents = contents.flatMap(([place, content]) =>
    Object.entries(content).flatMap(([type, media]) =>
      valuesOf(media).map((value) => {
        if (value === undefined) throw new Error(`${operationId} ${place} ${type} has no example`);
        return { at: `${operationId} ${place} ${type}`, schema: media.schema, value };
      }),
    ),
  );
  const inParameters = parameters.flatMap(({ name, schema }) =>
    ((schema.examples as readonly unknown[] | undefined) ?? []).map((value) => ({
      at: `${operationId} ${name}`,
      schema,
      value,
    })),
  );
  return [...inContents, ...inParameters];
}

function valuesOf({ example, examples }: MediaType): readonly unknown[] {
  if (examples === undefined) return [example];
  return Object.values(examples).map((each) => resolved<{ readonly value: unknown }>(each).value);
}

/** What of an answer that was heard is not as the contract has it. */
export function faultsOfAnswer(
  operationId: string,
  {
    status,
    type,
    json,
  }: { readonly status: number; readonly type: string; readonly json: unknown },
): readonly string[] {
  const operation = operations.find((each) => each.operationId === operationId);
  const found = operation?.answers.find((each) => each.status === String(status));
  if (found === undefined) return [`${operationId} has no answer ${status}`];
  const [plainType = ""] = type.split(";", 1);
  const media = found.answer.content?.[plainType];
  if (media === undefined) return [`${operationId} ${status} has no content ${plainType}`];
  return plainType.endsWith("json") ? faultsOf(media.schema, json) : [];
}
