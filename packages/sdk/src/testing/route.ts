import { refuse } from "./refuse.js";
import type { World } from "./world.js";

export interface FakeRequest {
  readonly world: World;
  /** What stands at `:name` in the path. */
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  readonly body: Readonly<Record<string, unknown>>;
  /** The body of a list of events. */
  readonly list: readonly unknown[] | undefined;
  readonly headers: Headers;
  readonly signal: AbortSignal | undefined;
}

export interface FakeAnswer {
  readonly status: number;
  readonly json: unknown;
}

export interface FakeRoute {
  readonly method: string;
  /** `/v1/wallets/:customerId` */
  readonly path: string;
  /** Whether an `Idempotency-Key` replays its answer. */
  readonly idempotent?: boolean;
  readonly answer: (request: FakeRequest) => FakeAnswer | Promise<FakeAnswer>;
}

export const ok = (json: unknown): FakeAnswer => ({ status: 200, json });
export const created = (json: unknown): FakeAnswer => ({ status: 201, json });

/** A page of a list that is in order already. */
export function pageOf(all: readonly unknown[], query: URLSearchParams): FakeAnswer {
  const limit = Number(query.get("limit") ?? 20);
  if (!Number.isInteger(limit) || limit < 1 || limit > 100)
    return refuse("invalid_request", "How many to answer at most, 1 to 100.", { param: "limit" });
  const from = Number(query.get("cursor") ?? 0);
  const data = all.slice(from, from + limit);
  const hasMore = all.length > from + limit;
  return ok({ data, hasMore, nextCursor: hasMore ? String(from + limit) : null });
}
