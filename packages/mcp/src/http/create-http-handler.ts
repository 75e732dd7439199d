import type { IncomingMessage, ServerResponse } from "node:http";
import { toNodeHandler } from "@modelcontextprotocol/node";
import { type AuthInfo, createMcpHandler } from "@modelcontextprotocol/server";
import { createMcpServer, type McpServerOptions } from "../server/create-mcp-server.js";

/** Who asks, as whoever mounts the handler has found out. */
export type HttpAccess = Pick<McpServerOptions, "chargly" | "identity">;

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
      return createMcpServer({ ...access, onUnexpected });
    },
    { responseMode: "json", maxSubscriptions: 0 },
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
