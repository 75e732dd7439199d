import type {
  CallToolResult,
  McpServer,
  RegisteredTool,
  StandardSchemaWithJSON,
} from "@modelcontextprotocol/server";
import type { PaidRun, PaidToolOptions } from "./paid-price.js";
import { runPaid } from "./run-paid.js";

/**
 * Registers a tool that costs credits. A call sets its credits aside first: who cannot pay gets an error with `shortBy` and
 * `checkoutUrl`, and the handler does not run. When it answers, what it cost is charged, and the receipt is in `_meta` under
 * `chargly/receipt`. When it throws, or answers `isError`, nothing is charged; when the client takes the call back, what was
 * used until then. A process that dies in between leaves a hold that ends by itself.
 */
export function paidTool<Input extends StandardSchemaWithJSON>(
  server: McpServer,
  options: PaidToolOptions<Input>,
  handler: (
    input: StandardSchemaWithJSON.InferOutput<Input>,
    run: PaidRun,
  ) => CallToolResult | Promise<CallToolResult>,
): RegisteredTool {
  const { name, title, description, inputSchema, outputSchema, annotations } = options;
  const config = {
    inputSchema,
    ...(title === undefined ? {} : { title }),
    ...(description === undefined ? {} : { description }),
    ...(outputSchema === undefined ? {} : { outputSchema }),
    ...(annotations === undefined ? {} : { annotations }),
  };
  return server.registerTool<StandardSchemaWithJSON, StandardSchemaWithJSON>(
    name,
    config,
    async (input, context) => runPaid(options, context, async (run) => handler(input, run)),
  );
}
