import { invalidRequest, noSuch } from "../api-error.js";
import { isObject, type JsonObject } from "../json.js";
import { integer, text } from "../params/read.js";
import type { Book, Entry } from "./book.js";
import type { Kind, StoredRecord } from "./records.js";

/** What a list asks for, besides Stripe's paging parameters. */
export interface ListQuery {
  readonly kind: Kind;
  /** Narrows to one index key, so that the list does not scan. */
  readonly indexKey?: string;
  readonly keep?: (record: StoredRecord) => boolean;
}

/** One page, newest first, and whether more follow. */
export interface Page {
  readonly records: StoredRecord[];
  readonly hasMore: boolean;
}

/** The bounds of `created` in whole seconds, both inclusive. */
function createdRange(params: JsonObject): { from: number; to: number } {
  const created = params["created"];
  if (typeof created === "number") return { from: created, to: created };
  if (!isObject(created)) return { from: Number.NEGATIVE_INFINITY, to: Number.POSITIVE_INFINITY };
  const from = Math.max(
    integer(created, "gte") ?? Number.NEGATIVE_INFINITY,
    (integer(created, "gt") ?? Number.NEGATIVE_INFINITY) + 1,
  );
  const to = Math.min(
    integer(created, "lte") ?? Number.POSITIVE_INFINITY,
    (integer(created, "lt") ?? Number.POSITIVE_INFINITY) - 1,
  );
  return { from, to };
}

/** The first index whose entry is not before the bound; entries are in order of creation. */
function lowerBound(entries: readonly Entry[], isBefore: (entry: Entry) => boolean): number {
  let low = 0;
  let high = entries.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const entry = entries[middle];
    if (entry !== undefined && isBefore(entry)) low = middle + 1;
    else high = middle;
  }
  return low;
}

function cursorPosition(book: Book, id: string, param: string, kind: Kind): number {
  const position = book.positionOf(id);
  if (position === undefined) throw noSuch(kind, id, param);
  return position;
}

/** The page size asked for: 1 to 100, 10 when not said. */
export function pageLimit(params: JsonObject): number {
  const limit = integer(params, "limit") ?? 10;
  if (limit < 1) {
    throw invalidRequest(
      "This value must be greater than or equal to 1.",
      "limit",
      "parameter_invalid_integer",
    );
  }
  if (limit > 100) {
    throw invalidRequest(
      "This value must be less than or equal to 100.",
      "limit",
      "parameter_invalid_integer",
    );
  }
  return limit;
}

/** Lists records as Stripe does: newest first, `starting_after` going back, `ending_before` going forward in time. */
export function listRecords(book: Book, query: ListQuery, params: JsonObject): Page {
  const limit = pageLimit(params);
  const startingAfter = text(params, "starting_after");
  const endingBefore = text(params, "ending_before");
  if (startingAfter !== null && endingBefore !== null) {
    throw invalidRequest(
      "You may only specify one of these parameters: ending_before, starting_after.",
    );
  }
  const entries = book.entries(query.kind, query.indexKey);
  const { from, to } = createdRange(params);
  let first = lowerBound(entries, (entry) => entry.record.created < from);
  let last = lowerBound(entries, (entry) => entry.record.created <= to) - 1;
  if (startingAfter !== null) {
    const cursor = cursorPosition(book, startingAfter, "starting_after", query.kind);
    last = Math.min(last, lowerBound(entries, (entry) => entry.position < cursor) - 1);
  }
  if (endingBefore !== null) {
    const cursor = cursorPosition(book, endingBefore, "ending_before", query.kind);
    first = Math.max(
      first,
      lowerBound(entries, (entry) => entry.position <= cursor),
    );
  }
  const forward = endingBefore !== null;
  const found: StoredRecord[] = [];
  for (let step = 0; first + step <= last && found.length <= limit; step += 1) {
    const entry = entries[forward ? first + step : last - step];
    if (entry === undefined || entry.deleted) continue;
    if (query.keep === undefined || query.keep(entry.record)) found.push(entry.record);
  }
  const records = found.slice(0, limit);
  return { records: forward ? records.reverse() : records, hasMore: found.length > limit };
}
