import { assert, present } from "../kernel/assert.js";
import type { ProjectId, UsageEventId, WalletId } from "../kernel/ids.js";
import type { Refusal, RefusalCode } from "../kernel/refusals.js";
import type { Trx } from "../platform/db/connect.js";
import { constraintName } from "../platform/db/errors.js";
import { type Ending, inShortTransaction } from "../platform/db/short-transaction.js";
import { markQuotesRedeemed } from "../rating/redeem-quote.js";
import { countOutcomes } from "./apply-events.js";
import { decideFresh, type End } from "./apply-waited.js";
import type { MeteringContext } from "./context.js";
import type { DecidedUsage, Outcome } from "./decide-usage.js";
import { priceInput, toBatches, type UsageBatch, type UsageRequest } from "./price-usage.js";
import { readTerms } from "./read-terms.js";
import { sameContent, type UsageEvent } from "./rules.js";
import { insertExpected } from "./store/admission.js";
import { selectByKeys, selectDoorstep } from "./store/events.js";
import { insertOutcomes, type Rejection, selectRejections } from "./store/lanes.js";

/** What became of an event that was applied while its sender waited. */
export type Recorded =
  | { readonly status: "applied"; readonly event: UsageEvent; readonly decided: DecidedUsage }
  | { readonly status: "refused"; readonly event: UsageEvent; readonly refusal: Refusal }
  | {
      readonly status: "duplicate";
      readonly event: UsageEvent;
      /** Set when the event was kept as rejected. */
      readonly rejected?: { readonly code: RefusalCode; readonly detail: string };
    }
  | { readonly status: "conflict"; readonly event: UsageEvent };

/** Events of one caller that are applied before the answer. */
export interface RecordOrder {
  readonly request: UsageRequest;
  /**
   * Whether an event that is refused is kept as rejected. Otherwise nothing of it is written, and it may be sent again
   * under the same id.
   */
  readonly keepRefused: boolean;
}

/** Most events that are applied in one transaction while their senders wait. */
export const recordedMax = 100;
const racesMax = 100;

/** Another request changed what we looked at before we wrote. All of ours was undone; look again. */
class LookAgain extends Error {
  override readonly name = "LookAgain";
}

function isOvertaken(error: unknown): boolean {
  return error instanceof LookAgain || constraintName(error) === "usage_as_expected";
}

/**
 * Accepts and applies the events of several callers of one project in one transaction, by the same decisions as the
 * workers. An event that is known by its id is answered and not applied again.
 *
 * @returns by order, in the order of its events
 */
export async function recordUsage(
  ctx: MeteringContext,
  orders: readonly RecordOrder[],
): Promise<readonly (readonly Recorded[])[]> {
  const customers = orders.flatMap(({ request: { projectId, events } }) =>
    events.map(({ customerId }) => ({ projectId, customerId })),
  );
  const projectId = present(orders[0]?.request.projectId, "there is an order");
  assert(customers.length <= recordedMax, `at most ${recordedMax} events are waited for`);
  assert(
    customers.every((customer) => customer.projectId === projectId),
    "orders of one project go together",
  );
  const walletIds = await ctx.walletIds.of(ctx.db, customers);
  for (let race = 0; ; race++) {
    try {
      const { ends, kept, outcomes } = await inShortTransaction(ctx.db, (trx) =>
        recordOnce(ctx, trx, { projectId, orders, walletIds, look: race > 0 }),
      );
      ctx.metrics.add("usage_accepted_events_total", {}, kept);
      countOutcomes(ctx, kept, outcomes);
      let from = 0;
      return orders.map(({ request: { events } }) => ends.slice(from, (from += events.length)));
    } catch (error) {
      if (!isOvertaken(error) || race === racesMax) throw error;
    }
  }
}

interface Recording {
  readonly projectId: ProjectId;
  readonly orders: readonly RecordOrder[];
  /** Of each event of each order. */
  readonly walletIds: readonly WalletId[];
  /** Whether what was assumed at first proved wrong. */
  readonly look: boolean;
}

interface Recordings {
  readonly ends: readonly Recorded[];
  readonly kept: number;
  readonly outcomes: readonly Outcome[];
}

async function recordOnce(
  ctx: MeteringContext,
  trx: Trx,
  { projectId, orders, walletIds, look }: Recording,
): Promise<Ending<Recordings>> {
  const inputs = orders.flatMap((order) => order.request.events.map((input) => ({ order, input })));
  const terms = await readTerms(
    ctx,
    trx,
    projectId,
    inputs.map(({ input }) => input),
    look,
  );
  const { batches, events } = toBatches(
    inputs.map(({ order, input }, place) => {
      const walletId = present(walletIds[place], "each event has a wallet");
      return priceInput(order.request, input, walletId, terms.cardOf(input));
    }),
  );
  const keeping = new Set(events.filter((_, place) => inputs[place]?.order.keepRefused === true));
  const firsts = await firstByKey(trx, events, terms.known);
  const fresh = events.filter((event) => firsts.get(event.key) === event);
  const { of: results, write } = await decideFresh(trx, fresh, terms);
  const dropped = fresh.filter(
    (event) => results.get(event)?.refusal !== undefined && !keeping.has(event),
  );
  await expectAsAssumed(trx, projectId, terms.version, dropped);
  await markQuotesRedeemed(trx, redemptions(results));
  const kept = new Set(fresh.filter((event) => !dropped.includes(event)));
  const outcomes = [...kept].flatMap((event) => results.get(event)?.outcome ?? []);
  const ends = await toRecorded(trx, projectId, { events, firsts, results, outcomes, kept });
  return {
    value: { ends, kept: kept.size, outcomes },
    last: () => [
      ...write(),
      insertExpected(trx, batches.flatMap(onlyOf(kept)), new Map([[projectId, terms.version]])),
      insertOutcomes(trx, projectId, outcomes),
    ],
  };
}

interface Decided {
  readonly events: readonly UsageEvent[];
  readonly firsts: ReadonlyMap<string, UsageEvent>;
  readonly results: ReadonlyMap<UsageEvent, End>;
  readonly outcomes: readonly Outcome[];
  readonly kept: ReadonlySet<UsageEvent>;
}

/** What each event is told; one that repeats another, what that one is told. */
async function toRecorded(
  trx: Trx,
  projectId: ProjectId,
  { events, firsts, results, outcomes, kept }: Decided,
): Promise<readonly Recorded[]> {
  const repeated = events.filter((event) => !results.has(event));
  const rejections = await readRejections(trx, projectId, repeated, firsts, outcomes);
  return events.map((event): Recorded => {
    const first = present(firsts.get(event.key), "each key has a first event");
    const result = results.get(event);
    if (result !== undefined) return { ...result, event };
    if (!sameContent(first, event)) return { status: "conflict", event: first };
    const refusal = kept.has(first) ? undefined : results.get(first)?.refusal;
    if (refusal !== undefined) return { status: "refused", event: first, refusal };
    const rejected = rejections.get(first.id);
    return { status: "duplicate", event: first, ...(rejected === undefined ? {} : { rejected }) };
  });
}

/** Why the first events under these ids were rejected, if they were: before, or in this very transaction. */
async function readRejections(
  trx: Trx,
  projectId: ProjectId,
  repeated: readonly UsageEvent[],
  firsts: ReadonlyMap<string, UsageEvent>,
  outcomes: readonly Outcome[],
): Promise<ReadonlyMap<UsageEventId, Rejection>> {
  if (repeated.length === 0) return new Map();
  const known = repeated.flatMap(({ key }) => firsts.get(key)?.id ?? []);
  const own = outcomes.flatMap(({ eventId, reason, detail }): [UsageEventId, Rejection][] =>
    reason === null ? [] : [[eventId, { code: reason, detail: detail ?? "" }]],
  );
  return new Map([...(await selectRejections(trx, projectId, known)), ...own]);
}

/**
 * What is refused and not kept is not written, so nothing tells that its id was taken while we waited for the wallet:
 * then it is the same event that took the credits, and its end is the answer. Nor that the rate card changed.
 */
async function expectAsAssumed(
  trx: Trx,
  projectId: ProjectId,
  version: number,
  dropped: readonly UsageEvent[],
): Promise<void> {
  if (dropped.length === 0) return;
  const keys = dropped.map(({ key }) => key);
  const doorstep = await selectDoorstep(trx, projectId, keys);
  if (doorstep.known.length > 0) throw new LookAgain("an id was taken meanwhile");
  if (doorstep.version !== version) throw new LookAgain("the rate card was superseded meanwhile");
}

/** By key the event that counts: the one that is kept already, or the first of this request. */
async function firstByKey(
  trx: Trx,
  events: readonly UsageEvent[],
  known: readonly string[],
): Promise<ReadonlyMap<string, UsageEvent>> {
  const firsts = new Map<string, UsageEvent>();
  const taken = new Set(known);
  for (const event of await selectByKeys(
    trx,
    events.filter(({ key }) => taken.has(key)),
  ))
    firsts.set(event.key, event);
  for (const event of events) if (!firsts.has(event.key)) firsts.set(event.key, event);
  return firsts;
}

function redemptions(ends: ReadonlyMap<UsageEvent, End>) {
  return [...ends].flatMap(([{ id, quoteId }, { status }]) =>
    quoteId === null || status === "refused" ? [] : [{ quoteId, redeemedBy: id }],
  );
}

/** A batch with those of its events that are kept, or nothing when none is. */
function onlyOf(kept: ReadonlySet<UsageEvent>) {
  return (batch: UsageBatch) => {
    const events = batch.events.filter((event) => kept.has(event));
    return events.length === 0 ? [] : [{ ...batch, events, applied: true }];
  };
}
