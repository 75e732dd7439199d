import { assert } from "../../../kernel/assert.js";
import type { Trx } from "../../db/connect.js";
import { type InsertColumns, insertRows } from "../../db/insert-rows.js";
import { rawPrepared } from "../../db/prepared.js";
import type { JsonReply, Reply } from "../reply.js";
import type { Idempotency } from "./idempotency.js";

/** One row of `idempotency_keys`, as far as a decision needs it. */
export interface KeyRow {
  readonly state: "open" | "done";
  readonly fingerprint: Buffer;
  readonly status: number | null;
  readonly headers: Record<string, string> | null;
  /** The JSON text as it was sent. */
  readonly body: string | null;
  readonly resource: string | null;
  /** Seconds until the lease ends; not above 0 when it has ended. */
  readonly leaseSeconds: number;
}

export interface NewKey {
  readonly resource: string | null;
  readonly leaseSeconds: number;
}

/**
 * Takes the key, and answers whether it was free. Waits while another open transaction holds the same key, at most
 * as long as `lock_timeout` says.
 */
export async function insertKey(
  trx: Trx,
  { projectId, key, fingerprint }: Idempotency,
  { resource, leaseSeconds }: NewKey,
): Promise<boolean> {
  const answer: { rowCount: number | null } = await trx.raw(
    `insert into idempotency_keys (project_id, key, fingerprint, state, resource, locked_until)
     values (?, ?, ?, 'open', ?, clock_timestamp() + make_interval(secs => ?))
     on conflict (project_id, key) do nothing`,
    [projectId, key, fingerprint, resource, leaseSeconds],
  );
  return answer.rowCount === 1;
}

/** Locks the row of a key. `undefined` when the sweep took it in this very moment. */
export async function lockKey(
  trx: Trx,
  { projectId, key }: Idempotency,
): Promise<KeyRow | undefined> {
  const answer: { rows: KeyRow[] } = await trx.raw(
    `select state, fingerprint, status, headers, body::text as body, resource,
            extract(epoch from locked_until - clock_timestamp())::float8 as "leaseSeconds"
     from idempotency_keys where project_id = ? and key = ? for update`,
    [projectId, key],
  );
  return answer.rows[0];
}

export async function renewLease(
  trx: Trx,
  { projectId, key }: Idempotency,
  leaseSeconds: number,
): Promise<void> {
  await trx.raw(
    `update idempotency_keys set locked_until = clock_timestamp() + make_interval(secs => ?)
     where project_id = ? and key = ? and state = 'open'`,
    [leaseSeconds, projectId, key],
  );
}

export async function updateResource(
  trx: Trx,
  { projectId, key }: Idempotency,
  resource: string,
): Promise<void> {
  await trx.raw(
    `update idempotency_keys set resource = ?
     where project_id = ? and key = ? and state = 'open' and resource is distinct from ?`,
    [resource, projectId, key, resource],
  );
}

/** Stores the answer of an open key, and answers whether it was open. */
export async function storeAnswer(
  trx: Trx,
  { projectId, key }: Idempotency,
  reply: JsonReply,
): Promise<boolean> {
  const answer: { rowCount: number | null } = await trx.raw(
    `update idempotency_keys set state = 'done', status = ?, headers = ?::json, body = ?::json
     where project_id = ? and key = ? and state = 'open'`,
    [reply.status, JSON.stringify(reply.headers), JSON.stringify(reply.json), projectId, key],
  );
  return answer.rowCount === 1;
}

/** The rows of keys of one project, as they are. */
export async function selectKeys(
  trx: Trx,
  idempotencies: readonly Idempotency[],
): Promise<ReadonlyMap<string, KeyRow>> {
  const answer = await rawPrepared<{ rows: (KeyRow & { readonly key: string })[] }>(
    trx,
    `select key, state, fingerprint, status, headers, body::text as body, resource,
            extract(epoch from locked_until - clock_timestamp())::float8 as "leaseSeconds"
     from idempotency_keys where project_id = ? and key = any((select ?::text[])::text[])`,
    [idempotencies[0]?.projectId ?? null, idempotencies.map(({ key }) => key)],
  );
  return new Map(answer.rows.map((row) => [row.key, row]));
}

type Answered = { readonly idempotency: Idempotency; readonly reply: JsonReply };

const answerColumns: InsertColumns<Answered> = {
  project_id: ["uuid", ({ idempotency }) => idempotency.projectId],
  key: ["text", ({ idempotency }) => idempotency.key],
  fingerprint: ["bytea", ({ idempotency }) => idempotency.fingerprint],
  state: ["text", () => "done"],
  status: ["integer", ({ reply }) => reply.status],
  headers: ["json", ({ reply }) => JSON.stringify(reply.headers)],
  body: ["json", ({ reply }) => JSON.stringify(reply.json)],
};

/** The rows of keys that are free, answered at once. */
export async function insertAnswers(trx: Trx, answers: readonly Answered[]): Promise<void> {
  await insertRows(trx, "idempotency_keys", answerColumns, answers);
}

/** The stored answer, marked as a replay. */
export function replayOf(row: KeyRow): JsonReply {
  assert(row.status !== null && row.body !== null, "an answered key has its answer");
  const json: unknown = JSON.parse(row.body);
  const headers = { ...row.headers, "Idempotent-Replayed": "true" };
  return { kind: "json", status: row.status, json, headers };
}

/** Only JSON below 500 is worth keeping: a failure must not be replayed for a day. */
export function assertStorable(reply: Reply): asserts reply is JsonReply {
  assert(reply.kind === "json", "an idempotent route answers JSON");
  assert(reply.status < 500, "a failure is thrown, not answered, so that a retry may succeed");
}
