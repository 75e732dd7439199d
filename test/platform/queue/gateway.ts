import { createConnection, createServer, type Server, type Socket } from "node:net";

/** A door in front of a server: what stands behind it seems down, frozen or well, without harming anybody else. */
export interface Gateway {
  /** The same address, through the door. */
  readonly url: string;
  /** Connections break, and new ones are refused. */
  close(): Promise<void>;
  open(): Promise<void>;
  /** Connections stay open, and nothing passes. */
  freeze(): void;
  thaw(): void;
  /** Connections break at once; new ones are welcome. */
  cut(): void;
  /** On the connections that are open now, nothing passes ever again, and nobody is told; new ones are well. */
  strand(): void;
}

export async function openGateway(
  target: string,
  options: { readonly closed?: boolean } = {},
): Promise<Gateway> {
  const address = new URL(target);
  const sockets = new Set<Socket>();
  let frozen = false;
  let server: Server | undefined;
  const join = (client: Socket): void => {
    const host = address.hostname === "" ? "127.0.0.1" : address.hostname;
    const far = createConnection({ host, port: Number(address.port) });
    pair(client, far, sockets);
    if (frozen) pause(sockets);
  };
  const listen = async (port: number): Promise<number> => {
    const listening = createServer(join);
    await new Promise<void>((done, fail) => {
      listening.once("error", fail);
      listening.listen(port, "127.0.0.1", done);
    });
    server = listening;
    const bound = listening.address();
    return typeof bound === "object" && bound !== null ? bound.port : port;
  };
  const cut = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  const close = async (): Promise<void> => {
    const closing = server;
    server = undefined;
    const closed = new Promise<void>((done) => {
      if (closing === undefined) done();
      closing?.close(() => done());
    });
    cut();
    await closed;
  };
  const port = await listen(0);
  const url = new URL(target);
  url.hostname = "127.0.0.1";
  url.port = String(port);
  if (options.closed === true) await close();
  return {
    url: url.href,
    close,
    open: async () => void (await listen(port)),
    freeze: () => {
      frozen = true;
      pause(sockets);
    },
    strand: () => {
      for (const socket of sockets) {
        socket.removeAllListeners("data");
        socket.resume();
      }
    },
    thaw: () => {
      frozen = false;
      for (const socket of sockets) socket.resume();
    },
    cut,
  };
}

function pair(client: Socket, far: Socket, sockets: Set<Socket>): void {
  for (const [from, to] of [
    [client, far],
    [far, client],
  ] as const) {
    sockets.add(from);
    from.on("data", (data) => void to.write(data));
    from.on("error", () => undefined);
    from.on("close", () => {
      sockets.delete(from);
      to.destroy();
    });
  }
}

function pause(sockets: Set<Socket>): void {
  for (const socket of sockets) socket.pause();
}
