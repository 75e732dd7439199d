import type { Produced } from "./clients/client.js";
import type { Scene } from "./faults/fault.js";
import { nowMs, openJournal } from "./journal.js";

export interface QueueWatch {
  readonly emptying: Scene["emptying"];
  /** The ids of those that the queue took after it had been emptied for the last time. */
  readonly keptOf: (produced: readonly Produced[]) => readonly string[];
  readonly close: () => Promise<void>;
}

/** Writes down when the queue was emptied: what it had taken before then may be gone. */
export function watchQueue(folder: string): QueueWatch {
  const journal = openJournal(folder, "nemesis");
  let lastMs = Number.NEGATIVE_INFINITY;
  return {
    emptying: async (fault) => {
      try {
        return await fault();
      } finally {
        lastMs = nowMs();
        journal.write({ op: "nemesis", at: "seen", kind: "queue emptied" });
      }
    },
    keptOf: (produced) =>
      produced.filter(({ intentMs }) => intentMs > lastMs).flatMap(({ keys }) => keys),
    close: journal.close,
  };
}
