/** What a run did that it must not do. */
export interface Violation {
  /** A stable name: tests of broken builds expect it. */
  readonly rule: string;
  readonly what: string;
}

export interface Findings {
  add(rule: string, what: string): void;
  readonly violations: readonly Violation[];
}

export function newFindings(): Findings {
  const violations: Violation[] = [];
  return { violations, add: (rule, what) => void violations.push({ rule, what }) };
}

/** The items by a key, in their order. */
export function groupBy<T, K>(items: Iterable<T>, keyOf: (item: T) => K): Map<K, T[]> {
  const groups = new Map<K, T[]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [item]);
    else group.push(item);
  }
  return groups;
}

export function sum<T>(items: Iterable<T>, of: (item: T) => bigint): bigint {
  let total = 0n;
  for (const item of items) total += of(item);
  return total;
}

const alphabet = "0123456789abcdefghjkmnpqrstvwxyz";

/** The UUID in a public id such as `pur_01k2…`; `undefined` for anything else. */
export function uuidOf(publicId: unknown): string | undefined {
  const letters = /^[a-z]+_([0-9a-hjkmnp-tv-z]{26})$/.exec(String(publicId))?.[1];
  if (letters === undefined) return undefined;
  let value = 0n;
  for (const letter of letters) value = value * 32n + BigInt(alphabet.indexOf(letter));
  const hex = value.toString(16).padStart(32, "0");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}
