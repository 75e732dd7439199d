import { assert } from "../../../kernel/assert.js";
import type { Database, Trx } from "../../db/connect.js";
import { inTransaction } from "../../db/transaction.js";
import type { JsonReply, Reply } from "../reply.js";
import type { Idempotency } from "./idempotency.js";
import { inFlight, takeKey } from "./key-state.js";
import {
  assertStorable,
  lockKey,
  renewLease,
  replayOf,
  storeAnswer,
  updateResource,
} from "./store.js";

const leaseSecondsMax = 300;
const resourceLengthMax = 255;

export interface ClaimOptions {
  /** What the work is about, such as the id of the purchase that is being written in the same transaction. */
  readonly resource: string;
  /** How long the work may take. After it another request with the key may go on with the same resource. */
  readonly leaseSeconds: number;
}

export type Claim =
  | {
      readonly outcome: "claimed";
      /** The resource to work on: ours, or the one of an earlier request that did not finish. */
      readonly resource: string;
      /** True when an earlier request began and its lease is over: go on with its resource, write no second one. */
      readonly resumed: boolean;
    }
  | { readonly outcome: "replay"; readonly reply: JsonReply };

/**
 * First step of work with a network call in the middle: claims the key in the transaction that writes what the work
 * is about. Throws `request_in_flight` while another request holds the lease, and `idempotency_key_reused`.
 * Without a key everything is claimed.
 */
export async function claimKey(
  trx: Trx,
  idempotency: Idempotency | undefined,
  { resource, leaseSeconds }: ClaimOptions,
): Promise<Claim> {
  assert(leaseSeconds > 0 && leaseSeconds <= leaseSecondsMax, "a lease is 1 to 300 seconds");
  assert(resource.length <= resourceLengthMax, "a resource is an id");
  if (idempotency === undefined) return { outcome: "claimed", resource, resumed: false };
  const earlier = await takeKey(trx, idempotency, { resource, leaseSeconds });
  if (earlier === undefined) return { outcome: "claimed", resource, resumed: false };
  if (earlier.state === "done") return { outcome: "replay", reply: replayOf(earlier) };
  if (earlier.leaseSeconds > 0) throw inFlight(earlier.leaseSeconds);
  await renewLease(trx, idempotency, leaseSeconds);
  return { outcome: "claimed", resource: earlier.resource ?? resource, resumed: true };
}

/** Says what the work turned out to be about, when that is not the resource that was claimed. */
export async function nameResource(
  trx: Trx,
  idempotency: Idempotency | undefined,
  resource: string,
): Promise<void> {
  assert(resource.length <= resourceLengthMax, "a resource is an id");
  if (idempotency !== undefined) await updateResource(trx, idempotency, resource);
}

/**
 * Last step: stores the answer in the transaction that finishes the work, and returns the answer that stands. That is
 * the stored one when another request took over an expired lease and was first.
 */
export async function completeKey(
  trx: Trx,
  idempotency: Idempotency | undefined,
  reply: Reply,
): Promise<Reply> {
  if (idempotency === undefined) return reply;
  assertStorable(reply);
  if (await storeAnswer(trx, idempotency, reply)) return reply;
  const standing = await lockKey(trx, idempotency);
  return standing === undefined ? reply : replayOf(standing);
}

/** Ends the lease early when the work failed in the middle, so that a retry need not wait; the resource stays. */
export async function releaseKey(
  database: Database,
  idempotency: Idempotency | undefined,
): Promise<void> {
  if (idempotency !== undefined) {
    await inTransaction(database, (trx) => renewLease(trx, idempotency, 0));
  }
}
