import { readFile } from "node:fs/promises";
import { signal } from "../../../src/dev/embedded-postgres/processes.js";

/** Something that the nemesis may harm: one process, or a server with its children. */
export interface Part {
  readonly name: string;
  /** Those that run now; none while it is down. */
  readonly pids: () => Promise<readonly number[]>;
  /** Ends it by SIGKILL, and waits until it is gone. */
  readonly kill: () => Promise<void>;
  /** Starts it again, and waits until it is ready. */
  readonly start: (env?: Readonly<Record<string, string>>) => Promise<void>;
  /** Ends it for good. */
  readonly stop: () => Promise<void>;
}

/** A process and the processes that it started. */
export async function withChildren(pid: number): Promise<readonly number[]> {
  const text = await readFile(`/proc/${pid}/task/${pid}/children`, "utf8").catch(() => "");
  return [pid, ...text.split(" ").filter(Boolean).map(Number)];
}

/** Lets processes stand still, with their connections open; answers how to let them go on. */
export function freeze(pids: readonly number[]): () => void {
  for (const pid of pids) signal(pid, "SIGSTOP");
  return () => {
    for (const pid of pids) signal(pid, "SIGCONT");
  };
}
