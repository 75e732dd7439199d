import { fileURLToPath } from "node:url";
import {
  type CallToolResult,
  Client,
  type ClientOptions,
  StreamableHTTPClientTransport,
} from "@modelcontextprotocol/client";
import { StdioClientTransport } from "@modelcontextprotocol/client/stdio";
import { bundled } from "../support/programs.js";

const program = fileURLToPath(new URL("../../packages/mcp/src/cli.ts", import.meta.url));
const newest: ClientOptions = { versionNegotiation: { mode: "auto" } };

/** An agent's client, connected. */
export interface Agent {
  readonly client: Client;
  readonly call: (name: string, input?: Record<string, unknown>) => Promise<ToolResult>;
}

export interface ToolResult {
  readonly isError: boolean;
  readonly text: string;
  // Tests look into results freely; what they look for is asserted there.
  readonly data: Record<string, unknown>;
}

/** Over HTTP, by the protocol of 2025 or the newest. */
export async function overHttp(
  url: string,
  bearer: string,
  options: ClientOptions = {},
): Promise<Agent> {
  const headers = { authorization: `Bearer ${bearer}` };
  const transport = new StreamableHTTPClientTransport(new URL("/mcp", url), {
    requestInit: { headers },
  });
  const client = new Client({ name: "test", version: "1" }, options);
  await client.connect(transport);
  return agentOf(client);
}

export const overNewestHttp = (url: string, bearer: string) => overHttp(url, bearer, newest);

/** `chargly-mcp`, ready to be started. */
export const mcpProgram = (): Promise<string> => bundled(program);

/** Over the stdio of `chargly-mcp`, which this starts. */
export async function overStdio(
  url: string,
  bearer: string,
  more = {},
  args: readonly string[] = [],
): Promise<Agent> {
  const transport = new StdioClientTransport({
    command: process.execPath,
    args: [await mcpProgram(), ...args],
    env: { CHARGLY_URL: url, CHARGLY_TOKEN: bearer, ...more },
  });
  const client = new Client({ name: "test", version: "1" }, newest);
  await client.connect(transport);
  return agentOf(client);
}

function agentOf(client: Client): Agent {
  return {
    client,
    call: async (name, input = {}) => resultOf(await client.callTool({ name, arguments: input })),
  };
}

function resultOf({ isError = false, content, structuredContent }: CallToolResult): ToolResult {
  const [first] = content;
  return {
    isError,
    text: first?.type === "text" ? first.text : "",
    data: structuredContent as Record<string, unknown>,
  };
}
