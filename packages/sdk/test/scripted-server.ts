import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { Chargly, type CharglyOptions } from "../src/index.js";

export interface Seen {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
}

type Answer =
  | { readonly status: number; readonly json?: unknown; readonly headers?: Record<string, string> }
  /** Accepts and says nothing. */
  | "silence"
  /** Cuts the connection. */
  | "cut"
  | ((seen: Seen) => { readonly status: number; readonly json: unknown });

/** A server that answers what it was told, in turn; the last answer stands for all that follow. */
export interface ScriptedServer {
  readonly seen: Seen[];
  readonly say: (...answers: Answer[]) => void;
  readonly client: (options?: CharglyOptions) => Chargly;
  readonly stop: () => Promise<void>;
}

export const apiKey = "chg_test_secret_that_must_not_be_seen";

export async function startScriptedServer(): Promise<ScriptedServer> {
  const seen: Seen[] = [];
  let script: Answer[] = [];
  const answer = (request: Seen, response: ServerResponse): void => {
    const next = script.length > 1 ? script.shift() : script[0];
    if (next === "silence") return;
    if (next === undefined || next === "cut") return void response.destroy();
    const {
      status,
      json,
      headers = {},
    } = typeof next === "function" ? { ...next(request), headers: {} } : next;
    response.writeHead(status, { "content-type": "application/json", ...headers });
    response.end(typeof json === "string" ? json : JSON.stringify(json ?? {}));
  };
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const { method = "", url = "", headers } = request;
      const one = { method, url, headers, body: Buffer.concat(chunks).toString("utf8") };
      seen.push(one);
      answer(one, response);
    });
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    seen,
    say: (...answers) => {
      seen.length = 0;
      script = answers;
    },
    client: (options = {}) => new Chargly({ apiKey, baseUrl, ...options }),
    stop: () =>
      new Promise((done) => {
        server.closeAllConnections();
        server.close(() => done());
      }),
  };
}
