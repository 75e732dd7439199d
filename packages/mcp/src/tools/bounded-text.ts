/** What could end a line, turn its direction, or be read by a machine and by nobody else. */
const unseen = /[\s\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}]+/gu;

/**
 * Text that customers, applications or operators wrote, made fit to be data in a tool's result: one line, nothing that
 * nobody sees, and no longer than `charsMax`.
 */
export function boundedText(text: string, charsMax: number): string {
  const line = text
    .slice(0, charsMax * 4)
    .replaceAll(unseen, " ")
    .trim();
  const chars = [...line];
  return chars.length <= charsMax ? line : `${chars.slice(0, charsMax - 1).join("")}…`;
}

/** The same of a text that may not be there. */
export function boundedOrNull(text: string | null, charsMax: number): string | null {
  return text === null ? null : boundedText(text, charsMax);
}

/** The same between quotation marks, for sentences: what is quoted is data, whatever it says. */
export function quoted(text: string, charsMax = 120): string {
  return JSON.stringify(boundedText(text, charsMax));
}

const entriesMax = 20;
const nameCharsMax = 64;
const valueCharsMax = 200;

type Value = string | number | boolean | null;

/** Properties and metadata of an event, bounded. What is no plain value is left out. */
export function boundedRecord(
  record: Readonly<Record<string, unknown>> | null,
): Record<string, Value> | null {
  if (record === null) return null;
  const entries = Object.entries(record).slice(0, entriesMax);
  return Object.fromEntries(
    entries.flatMap(([name, value]) => {
      const plain = plainValue(value);
      return plain === undefined ? [] : [[boundedText(name, nameCharsMax), plain] as const];
    }),
  );
}

function plainValue(value: unknown): Value | undefined {
  if (typeof value === "string") return boundedText(value, valueCharsMax);
  return typeof value === "number" || typeof value === "boolean" || value === null
    ? value
    : undefined;
}
