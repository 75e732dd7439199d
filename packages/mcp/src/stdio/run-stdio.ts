import { Chargly, CharglyError } from "@chargly/sdk";
import { serveStdio } from "@modelcontextprotocol/server/stdio";
import { createMcpServer } from "../server/create-mcp-server.js";
import { readIdentity } from "./read-identity.js";
import { readSettings, SettingsError } from "./read-settings.js";

/** What the process gives: messages go over its stdout, words to people to its stderr. */
export interface StdioProcess {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly say: (line: string) => void;
  /** Whether the tools of operators are asked for. */
  readonly isOperator: boolean;
}

/** Serves one client over stdin and stdout until it goes away. Answers false, with the reason said, when it cannot. */
export async function runStdio({ env, say, isOperator }: StdioProcess): Promise<boolean> {
  try {
    const settings = readSettings(env, isOperator);
    const chargly = new Chargly({ apiKey: settings.token, baseUrl: settings.url });
    const identity = await readIdentity(chargly, settings);
    const onUnexpected = (error: unknown): void => say(`chargly-mcp: ${String(error)}`);
    serveStdio(() => createMcpServer({ chargly, identity, onUnexpected }), {
      onerror: onUnexpected,
      maxSubscriptions: 0,
    });
    return true;
  } catch (error) {
    if (!(error instanceof SettingsError || error instanceof CharglyError)) throw error;
    say(`chargly-mcp: ${error.message}`);
    return false;
  }
}
