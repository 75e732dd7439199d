import type { IncomingMessage, ServerResponse } from "node:http";
import { toNodeHandler } from "@modelcontextprotocol/node";
import { type AuthInfo, createMcpHandler } from "@modelcontextprotocol/server";
import { Chargly, type Fetch } from "@chargly/sdk";
import { createMcpServer } from "../server/create-mcp-server.js";
import type { Identity } from "../server/identity.js";

/** Who asks, as whoever mounts the handler has found out, and how the API is asked on their behalf. */
export interface HttpAccess {
  readonly identity: Identity;
  readonly bearer: string;
  readonly fetch: Fetch;
}

/** Never looked up: `fetch` knows the way. */
const baseUrl = "http://chargly.internal";
/** Whatever passes within a second or two is waited for; the rest is the model's to repeat. */
const maxRetries = 2;

export interface McpHttpHandler {
  /**
   * Answers one request of Streamable HTTP whose sender is known, and whose body was read and parsed. Nothing is kept between
   * requests. GET and DELETE are answered 405, as there are no sessions.
   */
  readonly serve: (
    request: IncomingMessage,
    response: ServerResponse,
    call: HttpAccess & { readonly body: unknown },
  ) => Promise<void>;
  /** Ends what is being answered. */
  readonly close: () => Promise<void>;
}

/**
 * The server over HTTP, for clients of the protocol of 2026 and of 2025. It checks neither bearer nor Host nor Origin: whoever
 * mounts it does that first.
 */
export function createHttpHandler(onUnexpected: (error: unknown) => void): McpHttpHandler {
  const accessOf = new WeakMap<AuthInfo, HttpAccess>();
  const handler = createMcpHandler(
    ({ authInfo }) => {
      const access = authInfo === undefined ? undefined : accessOf.get(authInfo);
      if (access === undefined) throw new TypeError("Nobody said who asks.");
      const { identity, bearer: apiKey, fetch } = access;
      const chargly = new Chargly({ apiKey, baseUrl, maxRetries, fetch });
      return createMcpServer({ chargly, identity, onUnexpected });
    },
    { maxSubscriptions: 0 },
  );
  const onerror = onUnexpected;
  const node = toNodeHandler(handler, { onerror });
  return {
    serve: async (request, response, { body, ...access }) => {
      // The bearer stays with the client of the API; the protocol has no use for it.
      const auth: AuthInfo = { token: "", clientId: "", scopes: [] };
      accessOf.set(auth, access);
      const { method = "", url = "", headers } = request;
      const stream = () => request[Symbol.asyncIterator]();
      const asked = { method, url, headers, auth, [Symbol.asyncIterator]: stream };
      await node(asked, response, body);
    },
    close: () => handler.close(),
  };
}
