import { present } from "../../../kernel/assert.js";
import type { Refusal } from "../../../kernel/refusals.js";
import type { Trx } from "../../db/connect.js";
import type { JsonReply } from "../reply.js";
import type { Idempotency } from "./idempotency.js";
import { inFlight, type KeyRow, reused } from "./key-state.js";
import { assertStorable, insertAnswers, replayOf, selectKeys } from "./store.js";

/** How one of several requests ends. */
export type Ended = JsonReply | Refusal;

/** A request that shares a transaction with others. */
export interface Keyed {
  readonly idempotency: Idempotency | undefined;
}

/** Who of several requests does the work, and who gets the answer of another. */
export interface Turns<T extends Keyed> {
  /** The first of each key, and all without a key. */
  readonly leaders: readonly T[];
  /** By request the leader with the same key. */
  readonly leaderOf: ReadonlyMap<T, T>;
}

/** Requests with one key are one request: the first of them does the work for all. */
export function takeTurns<T extends Keyed>(requests: readonly T[]): Turns<T> {
  const byKey = new Map<string, T>();
  const leaderOf = new Map<T, T>();
  for (const request of requests) {
    const key = request.idempotency?.key;
    const first = key === undefined ? undefined : byKey.get(key);
    if (key !== undefined && first === undefined) byKey.set(key, request);
    leaderOf.set(request, first ?? request);
  }
  return { leaders: requests.filter((each) => leaderOf.get(each) === each), leaderOf };
}

/** What a request is told whose leader ended like this. The key of another request is refused. */
export function endAsLeader<T extends Keyed>(request: T, leader: T, end: Ended): Ended {
  if (request === leader) return end;
  const [own, first] = [request, leader].map(
    ({ idempotency }) => present(idempotency, "who has a leader has a key").fingerprint,
  );
  if (own === undefined || first === undefined || !own.equals(first)) return reused();
  return end instanceof Error ? end : { ...end, headers: { ...end.headers, ...replayed } };
}

const replayed = { "Idempotent-Replayed": "true" };

/**
 * The answers that requests with these keys got before. Read it under a lock that every request with the same key
 * waits for; whoever has none finds the key taken when the answer is stored, and all is rolled back.
 */
export async function findAnswers(
  trx: Trx,
  requests: readonly Keyed[],
): Promise<ReadonlyMap<string, KeyRow>> {
  const keyed = requests.flatMap(({ idempotency }) => idempotency ?? []);
  return keyed.length === 0 ? new Map() : selectKeys(trx, keyed);
}

/** The end of a request whose key has a row. */
export function endOfRow(row: KeyRow, { idempotency }: Keyed): Ended {
  if (idempotency === undefined || !row.fingerprint.equals(idempotency.fingerprint))
    return reused();
  return row.state === "done" ? replayOf(row) : inFlight(row.leaseSeconds);
}

/**
 * Keeps the answers under their keys, which must be free: when one was taken meanwhile the database refuses all
 * (`idempotency_keys_pkey`). Refusals are not kept, so a retry starts afresh.
 */
export async function storeAnswers(
  trx: Trx,
  ends: readonly (readonly [request: Keyed, end: Ended])[],
): Promise<void> {
  await insertAnswers(
    trx,
    ends.flatMap(([{ idempotency }, reply]) => {
      if (idempotency === undefined || reply instanceof Error) return [];
      assertStorable(reply);
      return { idempotency, reply };
    }),
  );
}
