import { createServer, type RequestListener, type Server, type ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { assert } from "../../kernel/assert.js";
import { Refusal } from "../../kernel/refusals.js";
import { problemContentType, problemOf } from "./problem.js";

export interface ListenOptions {
  readonly host: string;
  /** 0 takes a free port; the url says which. */
  readonly port: number;
  readonly connectionsMax?: number;
}

export interface Listening {
  readonly url: string;
  readonly port: number;
  readonly server: Server;
  /**
   * Takes no new connection, lets running requests finish, ends idle connections, and cuts off what still runs after
   * `timeoutMs`. Answers how many connections were cut off; safe to call twice.
   */
  readonly close: (options: { readonly timeoutMs: number }) => Promise<void>;
}

const headerBytesMax = 16 * 1024;
const headersMax = 100;

/** Starts an HTTP server around an app. Rejects when the address is taken. */
export async function listen(app: RequestListener, options: ListenOptions): Promise<Listening> {
  const server = createServer({
    maxHeaderSize: headerBytesMax,
    headersTimeout: 10_000,
    requestTimeout: 30_000,
    keepAliveTimeout: 65_000, // longer than the 60 s of common load balancers, so that they close first
    connectionsCheckingInterval: 2_000,
  });
  server.maxHeadersCount = headersMax;
  server.maxConnections = options.connectionsMax ?? 10_000;
  const running = new Set<ServerResponse>();
  let draining = false;
  server.on("request", (request, response) => {
    running.add(response);
    response.once("close", () => running.delete(response));
    if (draining) response.setHeader("Connection", "close");
    app(request, response);
  });
  server.on("clientError", answerBrokenRequest);
  await startListening(server, options);
  const address = server.address();
  assert(typeof address === "object" && address !== null, "a TCP server has an address");
  const host = address.family === "IPv6" ? `[${address.address}]` : address.address;
  let closing: Promise<void> | undefined;
  const close = ({ timeoutMs }: { readonly timeoutMs: number }): Promise<void> => {
    draining = true;
    closing ??= drain(server, running, timeoutMs);
    return closing;
  };
  return { url: `http://${host}:${address.port}`, port: address.port, server, close };
}

async function startListening(server: Server, { host, port }: ListenOptions): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen({ host, port }, () => {
      server.off("error", reject);
      resolve();
    });
  });
}

async function drain(
  server: Server,
  running: ReadonlySet<ServerResponse>,
  timeoutMs: number,
): Promise<void> {
  for (const response of running) {
    if (!response.headersSent) response.setHeader("Connection", "close");
  }
  await new Promise<void>((resolve) => {
    const cutOff = setTimeout(() => server.closeAllConnections(), timeoutMs);
    server.close(() => {
      clearTimeout(cutOff);
      resolve();
    });
    server.closeIdleConnections();
  });
}

/** What is not HTTP never reaches the app, so its answer is written by hand. */
function answerBrokenRequest(error: NodeJS.ErrnoException, socket: Duplex): void {
  if (!socket.writable || error.code === "ECONNRESET") {
    socket.destroy();
    return;
  }
  const refusal = brokenRequest(error.code);
  const problem = problemOf(refusal, "none");
  const body = JSON.stringify(problem);
  socket.end(
    `HTTP/1.1 ${problem.status} ${refusal.code}\r\nContent-Type: ${problemContentType}\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  );
}

function brokenRequest(code: string | undefined): Refusal {
  if (code === "HPE_HEADER_OVERFLOW") {
    return new Refusal("headers_too_large", {
      detail: `All headers together may have at most ${headerBytesMax} bytes.`,
    });
  }
  if (code === "ERR_HTTP_REQUEST_TIMEOUT") {
    return new Refusal("request_timeout", { detail: "The request did not arrive in time. Retry." });
  }
  return new Refusal("invalid_request", { detail: "This is not a valid HTTP request." });
}
