import { createWriteStream } from "node:fs";
import { once } from "node:events";
import { join } from "node:path";

/** A line of a journal, as the checker reads it. `op` names one act of one client. */
export interface JournalLine {
  readonly op: string;
  /** `intent`: about to be tried. `answer`: it was answered, and this is how. `open`: nobody knows how it ended.
   * `seen`: what a later look showed. */
  readonly at: "intent" | "answer" | "open" | "seen";
  readonly kind: string;
  readonly [detail: string]: unknown;
}

/** What one client meant to do and what it was told, line by line, in the order in which it happened. */
export interface Journal {
  write(line: JournalLine): void;
  close(): Promise<void>;
}

/** Milliseconds on the clock that all clients share. */
export const nowMs = (): number => Math.round(performance.now() * 1_000) / 1_000;

export function openJournal(folder: string, name: string): Journal {
  const stream = createWriteStream(join(folder, `${name}.jsonl`), { flags: "a" });
  return {
    write: (line) => void stream.write(`${JSON.stringify({ ms: nowMs(), ...line })}\n`),
    close: async () => {
      stream.end();
      await once(stream, "close");
    },
  };
}
