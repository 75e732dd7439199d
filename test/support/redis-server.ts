import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { createConnection, createServer } from "node:net";
import { join } from "node:path";
import { systemErrorCode } from "../../src/dev/embedded-postgres/errors.js";
import { until } from "./until.js";

export interface TestRedis {
  readonly url: string;
  readonly port: number;
  readonly pid: number;
  /** Ends it and deletes its files. */
  stop(): Promise<void>;
  /** Forgets everything, as an operator's mistake would. */
  flush(): Promise<void>;
  /** Stands still with its connections open, until `thaw`. */
  freeze(): void;
  thaw(): void;
  /** Ends it at once, without saving. */
  kill(): Promise<void>;
  /** Starts it again on its port after `kill`. Without `appendonly` it is empty. */
  restart(): Promise<void>;
}

/** Starts Debian's redis-server on a free loopback port, without snapshots, in a folder below the one given. */
export async function startRedisIn(
  runFolder: string,
  options: { readonly appendonly?: boolean } = {},
): Promise<TestRedis> {
  const folder = await mkdtemp(join(runFolder, "redis-"));
  const port = await freePort();
  const start = () => launch(folder, port, options.appendonly === true);
  let server = await start();
  const end = async (): Promise<void> => {
    const { child } = server;
    const gone = new Promise<void>((done) => child.once("exit", () => done()));
    child.kill("SIGKILL");
    if (child.exitCode === null && child.signalCode === null) await gone;
  };
  return {
    url: `redis://127.0.0.1:${port}`,
    port,
    get pid() {
      return server.pid;
    },
    flush: async () => void (await ask(port, "FLUSHALL")),
    freeze: () => void server.child.kill("SIGSTOP"),
    thaw: () => void server.child.kill("SIGCONT"),
    kill: end,
    restart: async () => {
      await end();
      server = await start();
    },
    stop: async () => {
      await end();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function launch(
  folder: string,
  port: number,
  appendonly: boolean,
): Promise<{ child: ChildProcess; pid: number }> {
  const settings = {
    port: String(port),
    bind: "127.0.0.1",
    save: "",
    appendonly: appendonly ? "yes" : "no",
    dir: folder,
    pidfile: join(folder, "redis.pid"),
    // BullMQ warns of any other policy, and rightly so: a queue must not evict.
    "maxmemory-policy": "noeviction",
  };
  const args = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]);
  const child = spawn("redis-server", args, { stdio: "ignore" });
  const failed = new Promise<never>((_done, fail) => {
    child.once("error", (error) => fail(explain(error)));
    child.once("exit", (code) => fail(new Error(`redis-server exited with ${code} at its start`)));
  });
  await Promise.race([answers(port), failed]);
  failed.catch(() => undefined);
  return { child, pid: child.pid ?? 0 };
}

function answers(port: number): Promise<boolean> {
  const ping = async (): Promise<boolean> => (await ask(port, "PING")).startsWith("+PONG");
  return until(ping, { everyMs: 10, because: `Redis to answer on port ${port}` });
}

function explain(error: Error): Error {
  if (systemErrorCode(error) !== "ENOENT") return error;
  return new Error("This test needs redis-server. Install it: apt-get install redis-server");
}

function ask(port: number, command: string): Promise<string> {
  return new Promise((done, fail) => {
    const socket = createConnection({ port, host: "127.0.0.1" }, () => {
      socket.write(`${command}\r\n`);
    });
    socket.setTimeout(5_000, () => socket.destroy(new Error("Redis does not answer")));
    socket.once("error", fail);
    socket.once("data", (data) => {
      socket.destroy();
      done(data.toString());
    });
  });
}

function freePort(): Promise<number> {
  return new Promise((done, fail) => {
    const probe = createServer();
    probe.once("error", fail);
    probe.listen(0, "127.0.0.1", () => {
      const address = probe.address();
      const port = typeof address === "object" ? address?.port : undefined;
      probe.close(() => (port === undefined ? fail(new Error("no free port")) : done(port)));
    });
  });
}
