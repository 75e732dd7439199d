import { connect } from "node:net";

/** A keep-alive connection with one request under way at most. */
export interface Connection {
  /** What is written must stay as it is until its answer is there. */
  readonly send: (request: Buffer) => void;
  readonly close: () => void;
}

export interface Listener {
  readonly opened: (connection: Connection) => void;
  readonly answered: (connection: Connection, status: string, body: string) => void;
  readonly failed: (error: Error) => void;
}

/** Opens a connection to loopback. It reads answers with a `Content-Length`, and no other. */
export function openConnection(port: number, listener: Listener): void {
  const socket = connect({ port, host: "127.0.0.1", noDelay: true });
  let received = "";
  let closed = false;
  const connection: Connection = {
    send: (request) => {
      socket.write(request);
    },
    close: () => {
      closed = true;
      socket.destroy();
    },
  };
  socket.on("data", (data: Buffer) => {
    received += data.toString("latin1");
    const headEnd = received.indexOf("\r\n\r\n");
    if (headEnd === -1) return;
    const bodyEnd = headEnd + 4 + lengthIn(received.slice(0, headEnd));
    if (received.length < bodyEnd) return;
    const status = received.slice(9, 12);
    const body = received.slice(headEnd + 4, bodyEnd);
    received = received.slice(bodyEnd);
    listener.answered(connection, status, body);
  });
  socket.once("connect", () => listener.opened(connection));
  socket.once("error", listener.failed);
  socket.once("close", () => {
    if (!closed) listener.failed(new Error("the server closed a connection"));
  });
}

function lengthIn(head: string): number {
  const bytes = /\r\ncontent-length: (?<bytes>\d+)/i.exec(head)?.groups?.["bytes"];
  if (bytes === undefined) throw new Error(`an answer without Content-Length: ${head}`);
  return Number(bytes);
}
