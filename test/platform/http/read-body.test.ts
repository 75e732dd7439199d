import { connect } from "node:net";
import { createServer, type IncomingMessage } from "node:http";
import { afterEach, describe, expect, it } from "vitest";
import { readBody } from "../../../src/platform/http/read-body.js";

/** Announces ten bytes, sends one, and hangs up when told. */
function halfARequest(port: number) {
  const socket = connect(port, "127.0.0.1");
  socket.on("error", () => undefined);
  socket.write("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n1");
  return { hangUp: () => socket.destroy() };
}

describe("reading a body", () => {
  const servers: { close(): unknown; closeAllConnections(): void }[] = [];
  afterEach(() => {
    for (const server of servers.splice(0)) {
      server.closeAllConnections();
      server.close();
    }
  });

  async function nextRequest(): Promise<{ port: number; request: Promise<IncomingMessage> }> {
    let give: (request: IncomingMessage) => void = () => undefined;
    const request = new Promise<IncomingMessage>((resolve) => {
      give = resolve;
    });
    const server = createServer((incoming) => give(incoming));
    servers.push(server);
    const port = await new Promise<number>((resolve) => {
      server.listen(0, "127.0.0.1", () => {
        const address = server.address();
        resolve(typeof address === "object" && address !== null ? address.port : 0);
      });
    });
    return { port, request };
  }

  it("gives up at once on a client that left before anybody listened", async () => {
    const { port, request } = await nextRequest();
    const client = halfARequest(port);
    const incoming = await request;
    const closed = new Promise((resolve) => incoming.once("close", resolve));
    incoming.on("error", () => undefined);
    client.hangUp();
    await closed;
    await expect(readBody(incoming, 100)).rejects.toMatchObject({ code: "request_timeout" });
  });

  it("gives up on a client that leaves in the middle", async () => {
    const { port, request } = await nextRequest();
    const client = halfARequest(port);
    const body = readBody(await request, 100);
    client.hangUp();
    await expect(body).rejects.toMatchObject({ code: "request_timeout" });
  });
});
