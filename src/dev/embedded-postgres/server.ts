import { type ChildProcess, spawn } from "node:child_process";
import { type FileHandle, open, rename, stat } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Binaries } from "./binaries.js";
import { EmbeddedPostgresError, useDatabaseUrl } from "./errors.js";
import { readIfPresent } from "./files.js";
import { readPidFile } from "./pid-file.js";
import type { Places } from "./places.js";
import { asAccount, cannotRun, programEnvironment } from "./run-program.js";
import { stopServer } from "./orphan.js";

const startTimeoutMs = 60_000;
const attemptsMax = 10;
const retryAfterMs = 300;
const logBytesMax = 4 * 1024 * 1024;
const logTailChars = 3_000;

/** Settings by PostgreSQL's own names, such as `{ max_connections: "400" }`. */
export type ServerSettings = Readonly<Record<string, string>>;

/** Statements stay out of the log: they may hold what the log must not, and clients get their errors anyway. */
const defaultSettings: ServerSettings = {
  max_connections: "200",
  log_min_messages: "log",
  log_error_verbosity: "terse",
};

export interface Server {
  readonly pid: number;
  readonly port: number;
  /** Settles when the server has ended, for whatever reason. */
  readonly ended: Promise<void>;
}

/** Starts the server on this loopback port, or on a free one, and waits until it accepts connections. */
export async function runServer(
  places: Places,
  binaries: Binaries,
  settings: ServerSettings,
  port?: number,
): Promise<Server> {
  for (let attempt = 1; ; attempt++) {
    const at = port ?? (await freePort());
    const outcome = await tryRun(places, binaries, { ...defaultSettings, ...settings }, at);
    if (typeof outcome !== "string") return outcome;
    if (!passes.test(outcome) || attempt === attemptsMax) {
      throw new EmbeddedPostgresError(
        `PostgreSQL did not start: ${outcome} (its log is ${logPath(places)}). ${useDatabaseUrl}`,
      );
    }
    await sleep(retryAfterMs);
  }
}

/** Causes that pass: another program took the port first, or processes of a killed server are still ending. */
const passes = /Address already in use|pre-existing shared memory block/;

async function tryRun(
  places: Places,
  binaries: Binaries,
  settings: ServerSettings,
  port: number,
): Promise<Server | string> {
  const log = await openLog(logPath(places));
  const from = (await log.stat()).size;
  const program = join(binaries.folder, "bin", "postgres");
  try {
    // A session of its own: Ctrl-C in the terminal must reach us, and not end the database before we drained.
    const child = spawn(program, serverArguments(places.cluster, port, settings), {
      cwd: places.cluster,
      env: programEnvironment(),
      stdio: ["ignore", log.fd, log.fd],
      detached: true,
      ...asAccount(places.account),
    });
    const ended = endOf(child, program);
    if (await isReady(places.cluster, child, ended)) return started(child, port, ended);
  } finally {
    await log.close();
  }
  return ((await readIfPresent(logPath(places))) ?? "").slice(from).slice(-logTailChars).trim();
}

function started(child: ChildProcess, port: number, ended: Promise<void>): Server {
  return { pid: child.pid ?? 0, port, ended };
}

function serverArguments(cluster: string, port: number, settings: ServerSettings): string[] {
  const fixed = {
    port: String(port),
    listen_addresses: "127.0.0.1",
    unix_socket_directories: "",
    timezone: "UTC",
  };
  const all = Object.entries({ ...settings, ...fixed });
  return ["-D", cluster, ...all.flatMap(([name, value]) => ["-c", `${name}=${value}`])];
}

function endOf(child: ChildProcess, program: string): Promise<void> {
  const ended = new Promise<void>((done, fail) => {
    child.once("error", (error) => fail(cannotRun(program, error)));
    child.once("exit", () => done());
  });
  // Whoever waits for it hears of a failure; nobody waiting must not end the process.
  ended.catch(() => undefined);
  return ended;
}

/** The server says in its pid file when it is ready. `false` when it ended instead. */
async function isReady(
  cluster: string,
  child: ChildProcess,
  ended: Promise<void>,
): Promise<boolean> {
  const gone = ended.then(() => true);
  for (const endMs = performance.now() + startTimeoutMs; performance.now() < endMs; ) {
    const file = await readPidFile(cluster);
    if (file !== undefined && file.pid === child.pid && file.isReady) return true;
    if (await Promise.race([gone, sleep(5, false)])) return false;
  }
  if (child.pid !== undefined) await stopServer(child.pid);
  throw new EmbeddedPostgresError(
    `PostgreSQL was not ready within ${startTimeoutMs / 1000} s. ${useDatabaseUrl}`,
  );
}

function logPath(places: Places): string {
  return join(places.home, "postgres.log");
}

/** The log grows slowly; one older part is kept, so it stays bounded. */
async function openLog(path: string): Promise<FileHandle> {
  const size = (await stat(path).catch(() => undefined))?.size ?? 0;
  if (size > logBytesMax) await rename(path, `${path}.1`);
  return open(path, "a", 0o600);
}

function freePort(): Promise<number> {
  return new Promise((done, fail) => {
    const probe = createServer();
    probe.once("error", fail);
    probe.listen(0, "127.0.0.1", () => {
      const address = probe.address();
      probe.close(() => {
        if (address !== null && typeof address === "object") done(address.port);
        else fail(new EmbeddedPostgresError("The system gave no loopback port."));
      });
    });
  });
}
