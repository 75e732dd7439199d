import type { JsonObject } from "../json.js";

/** What every record has. */
export interface RecordBase {
  readonly id: string;
  /** Whole seconds since 1970. */
  readonly created: number;
  /** What the control API wrote over the rendered object, to stage mismatches. */
  readonly overrides?: JsonObject;
}

/** A number as the API shows it: what the control API wrote over it, or the record's own. */
export function shownNumber(record: RecordBase, name: string, own: number): number {
  const value = record.overrides?.[name];
  return typeof value === "number" ? value : own;
}

/** A text as the API shows it: what the control API wrote over it, or the record's own. */
export function shownText(record: RecordBase, name: string, own: string): string {
  const value = record.overrides?.[name];
  return typeof value === "string" ? value : own;
}
