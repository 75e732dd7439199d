import type { Call, RequestOptions, Send } from "./transport/create-transport.js";

/** One page of a list. */
export interface Page<T> {
  readonly data: readonly T[];
  readonly hasMore: boolean;
  /** Pass it as `cursor` to read on. Null on the last page. */
  readonly nextCursor: string | null;
}

export interface ListOptions extends RequestOptions {
  /** How many to a page, 1 to 100. */
  readonly limit?: number | undefined;
  /** Where to begin: `nextCursor` of an earlier page. */
  readonly cursor?: string | undefined;
}

/** A list that is read page by page, while it is iterated. Nothing is asked before. */
export interface Listing<T> extends AsyncIterable<T> {
  /** One page: the first, or the one at `cursor`. */
  readonly page: (cursor?: string) => Promise<Page<T>>;
  /** All of it as an array, at most `max` (10,000 unless told). */
  readonly toArray: (options?: { readonly max?: number }) => Promise<T[]>;
}

const arrayMax = 10_000;

export function listing<T>(
  send: Send,
  path: string,
  { limit, cursor: from, ...options }: ListOptions,
  filter: Call["query"] = {},
): Listing<T> {
  const page = (cursor: string | undefined = from): Promise<Page<T>> =>
    send(
      {
        method: "GET",
        path,
        query: { ...filter, limit, cursor },
        needs: ["data", "hasMore", "nextCursor"],
      },
      options,
    );
  async function* items(): AsyncGenerator<T> {
    let cursor = from;
    do {
      const { data, nextCursor } = await page(cursor);
      yield* data;
      cursor = nextCursor ?? undefined;
    } while (cursor !== undefined);
  }
  return {
    page,
    [Symbol.asyncIterator]: items,
    toArray: async ({ max = arrayMax } = {}) => {
      const all: T[] = [];
      for await (const item of items()) {
        if (all.length === max) break;
        all.push(item);
      }
      return all;
    },
  };
}
