import type { Findings } from "./findings.js";
import type { History } from "./history.js";
import { type Act, type MeantEvent, meantEvents } from "./journals.js";

/**
 * Usage that went into the queue is there if the queue was not emptied after it had been added, and also if somebody saw
 * it. What was lost with its queue is no violation: nobody had said that it was committed.
 */
export function checkProduced(history: History, findings: Findings): void {
  const { kept } = producedIn(history);
  const there = new Set(history.ledger.events.map(({ key }) => key));
  for (const { key, act } of kept)
    if (!there.has(key))
      findings.add("lost", `usage ${key}: the queue had it (${act.op}), and was not emptied since`);
}

/** What the queue took, by whether it must be in the books. */
export function producedIn({ journals }: Pick<History, "journals">): {
  readonly all: readonly MeantEvent[];
  readonly kept: readonly MeantEvent[];
} {
  const emptiedMs = journals.looks
    .filter(({ kind }) => kind === "queue emptied")
    .reduce((last, { ms }) => Math.max(last, ms), Number.NEGATIVE_INFINITY);
  const all = meantEvents(journals.acts.filter(isAdded));
  const kept = all.filter(({ act, key }) => act.intent.ms > emptiedMs || wasSeen(act, key));
  return { all, kept };
}

function isAdded({ kind, intent, answer }: Act): boolean {
  return kind === "usage" && intent["mode"] === "queue" && answer?.["status"] === "added";
}

function wasSeen({ seen }: Act, key: string): boolean {
  return seen.some((line) => line.kind === "usage" && line["key"] === key);
}
