import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";

/** One line that a client wrote. What is in it beside these fields depends on `kind`. */
export interface Line {
  readonly op: string;
  readonly at: string;
  readonly kind: string;
  /** On the one clock that all clients share. */
  readonly ms: number;
  readonly [detail: string]: unknown;
}

/** One act of a client: what it meant, what it was told, what it saw later. */
export interface Act {
  readonly op: string;
  readonly kind: string;
  readonly intent: Line;
  /** The answer that ended it. Without one nobody knows whether it took place. */
  readonly answer: Line | undefined;
  readonly seen: readonly Line[];
}

export interface Journals {
  readonly acts: readonly Act[];
  /** Looks that belong to no act of their own. */
  readonly looks: readonly Line[];
}

/** Reads the journals of all clients. The last line of one that was cut off is left out. */
export async function readJournals(folder: string): Promise<Journals> {
  const names = (await readdir(folder)).filter((name) => name.endsWith(".jsonl")).sort();
  const texts = await Promise.all(names.map((name) => readFile(join(folder, name), "utf8")));
  return toActs(texts.flatMap(toLines));
}

export function toActs(lines: readonly Line[]): Journals {
  const acts = new Map<string, { intent: Line; answer: Line | undefined; seen: Line[] }>();
  const looks: Line[] = [];
  for (const line of lines) {
    const act = acts.get(line.op);
    if (line.at === "intent") acts.set(line.op, { intent: line, answer: undefined, seen: [] });
    else if (act === undefined) looks.push(line);
    else if (line.at === "answer") act.answer = line;
    else if (line.at === "seen") act.seen.push(line);
  }
  return {
    acts: [...acts].map(([op, act]) => ({ op, kind: act.intent.kind, ...act })),
    looks,
  };
}

function toLines(text: string): Line[] {
  const whole = text.slice(0, text.lastIndexOf("\n") + 1);
  return whole
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Line);
}

/** An event of a usage act, as its client meant it. */
export interface MeantEvent {
  readonly act: Act;
  readonly key: string;
  readonly customer: string;
  readonly micro: bigint;
  readonly policy: string;
  readonly debtLimit: bigint;
  readonly hold: string | undefined;
}

export function meantEvents(acts: readonly Act[]): MeantEvent[] {
  return acts
    .filter(({ kind }) => kind === "usage")
    .flatMap((act) => listOf(act.intent["events"]).map((event) => toMeant(act, event)));
}

function toMeant(act: Act, event: Readonly<Record<string, unknown>>): MeantEvent {
  return {
    act,
    key: String(event["key"]),
    customer: String(event["customer"]),
    micro: BigInt(Number(event["micro"])),
    policy: String(event["policy"]),
    debtLimit: BigInt(Number(event["debtLimit"] ?? 0)),
    hold: typeof event["hold"] === "string" ? event["hold"] : undefined,
  };
}

function listOf(value: unknown): readonly Readonly<Record<string, unknown>>[] {
  return Array.isArray(value) ? (value as Readonly<Record<string, unknown>>[]) : [];
}

/** Texts of a list in an answer, such as the events that were in conflict. */
export function namesIn(line: Line, list: string): ReadonlySet<string> {
  const value = line[list];
  return new Set(Array.isArray(value) ? value.map(String) : []);
}

/** An answer that says no, where no earlier try can have had an effect nor still have one. */
export function isSurelyRefused({ answer }: Act): boolean {
  return answer !== undefined && Number(answer["status"]) >= 400 && Number(answer["lost"]) === 0;
}

export function isAnswered({ answer }: Act, ...statuses: readonly number[]): boolean {
  return answer !== undefined && statuses.includes(Number(answer["status"]));
}
