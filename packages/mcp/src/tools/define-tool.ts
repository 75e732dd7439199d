import type {
  CallToolResult,
  StandardSchemaWithJSON,
  ToolAnnotations,
} from "@modelcontextprotocol/server";
import { z } from "zod";
import { errorText, KeyedError, toolError, type ToolError, toolErrorOf } from "./tool-error.js";

/** What a tool answers: the data, and the same in a few words. */
export interface Answer<Output> {
  readonly data: Output;
  readonly text: string;
}

/** One tool, with its types. `Who` is what it acts with: a wallet's access, or an operator's. */
interface ToolDeclaration<Who, Input extends z.ZodObject, Output extends z.ZodObject> {
  /** As the token's list of tools names it. */
  readonly name: string;
  readonly title: string;
  /** For models. Static: nothing of a customer ever comes into it. */
  readonly description: string;
  readonly effects: Required<Omit<ToolAnnotations, "title">>;
  readonly input: Input;
  readonly output: Output;
  // A method, so that a list can hold tools of every input.
  run(
    call: Who & { readonly input: z.output<Input>; readonly signal: AbortSignal },
  ): Promise<Answer<z.input<Output>>>;
}

/** A tool as the server registers it. */
export interface Tool<Who> {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly annotations: ToolAnnotations;
  readonly inputSchema: StandardSchemaWithJSON;
  /** What it answers, or an error: some clients check errors against it, too. */
  readonly outputSchema: StandardSchemaWithJSON;
  readonly call: (who: Who, call: ToolCall) => Promise<CallToolResult>;
}

export interface ToolCall {
  readonly input: unknown;
  readonly signal: AbortSignal;
  /** Told of what nobody expects; the model hears no more than that. */
  readonly onUnexpected: (error: unknown) => void;
}

/** Declares tools that act with `Who`. */
export function defineToolFor<Who extends object>() {
  return <Input extends z.ZodObject, Output extends z.ZodObject>(
    declaration: ToolDeclaration<Who, Input, Output>,
  ): Tool<Who> => {
    const { name, title, description, effects, input, output } = declaration;
    const strict = input.strict();
    return {
      name,
      title,
      description,
      annotations: { title, ...effects },
      inputSchema: advertised(strict, "input"),
      outputSchema: advertised(z.union([output, toolError]), "output"),
      call: async (who, { input: sent, signal, onUnexpected }) => {
        const parsed = strict.safeParse(sent ?? {});
        if (!parsed.success) return failed(invalidInput(parsed.error));
        try {
          const { data, text } = await declaration.run({
            ...who,
            input: parsed.data as z.output<Input>,
            signal,
          });
          return { content: [{ type: "text", text }], structuredContent: data };
        } catch (error) {
          const known = toolErrorOf(error);
          if (known !== undefined) return failed(known);
          if (!(error instanceof KeyedError)) {
            onUnexpected(error);
            return failed(unexpected);
          }
          onUnexpected(error.cause);
          return failed({ ...unexpected, repeatWith: error.key });
        }
      },
    };
  };
}

const unexpected: ToolError = {
  code: "internal",
  detail: "Something went wrong inside the MCP server. Look at get_wallet before you repeat it.",
  outcome: "unknown",
};

/** The result of a tool that did not do it. */
export function failed(error: ToolError): CallToolResult {
  return {
    isError: true,
    content: [{ type: "text", text: errorText(error) }],
    structuredContent: error,
  };
}

function invalidInput(error: z.ZodError): ToolError {
  const [first] = error.issues;
  const param = first?.path.join(".") ?? "";
  const detail = error.issues
    .slice(0, 5)
    .map(({ path, message }) => (path.length === 0 ? message : `${path.join(".")}: ${message}`))
    .join(" ");
  return {
    code: "invalid_request",
    detail,
    outcome: "refused",
    ...(param === "" ? {} : { param }),
  };
}

/**
 * A schema for the list of tools. Its JSON is made once, for servers live as long as a request. Nothing is checked by it: the
 * tool parses its input itself, to refuse as it refuses everything, and answers what its type says.
 */
function advertised(schema: z.ZodType, io: "input" | "output"): StandardSchemaWithJSON {
  const { $schema: _dialect, ...json } = z.toJSONSchema(schema, { io, target: "draft-2020-12" });
  const made = (): Record<string, unknown> => ({ type: "object", ...json });
  return {
    "~standard": {
      version: 1,
      vendor: "chargly",
      validate: (value) => ({ value }),
      jsonSchema: { input: made, output: made },
    },
  };
}
