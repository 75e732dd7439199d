/** Keyset pages: a page is cut by the last key seen, never by an offset, so it stays cheap and stable. */
export interface Page<T> {
  readonly data: readonly T[];
  readonly hasMore: boolean;
  /** Opaque; give it back as `cursor` to read on. Null on the last page. */
  readonly nextCursor: string | null;
}

export const pageSizeDefault = 20;
export const pageSizeMax = 100;

/**
 * Cuts a page from rows that were read with one row more than asked for.
 * `key` names the value that the next page starts behind.
 */
export function cutPage<T>(rows: readonly T[], size: number, key: (row: T) => string): Page<T> {
  const data = rows.slice(0, size);
  const last = data.at(-1);
  const hasMore = rows.length > size && last !== undefined;
  return { data, hasMore, nextCursor: hasMore ? encodeCursor(key(last)) : null };
}

export function encodeCursor(key: string): string {
  return Buffer.from(key, "utf8").toString("base64url");
}

/** The key inside a cursor, or `undefined` when it is not one of ours. */
export function decodeCursor(cursor: string): string | undefined {
  const key = Buffer.from(cursor, "base64url").toString("utf8");
  return encodeCursor(key) === cursor ? key : undefined;
}
