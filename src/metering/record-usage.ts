import { assert, present } from "../kernel/assert.js";
import type { ProjectId, UsageEventId, WalletId } from "../kernel/ids.js";
import type { Refusal, RefusalCode } from "../kernel/refusals.js";
import type { Trx } from "../platform/db/connect.js";
import { inTransaction } from "../platform/db/transaction.js";
import { markQuotesRedeemed } from "../rating/redeem-quote.js";
import { countOutcomes } from "./apply-lane.js";
import { applyFresh, type End } from "./apply-waited.js";
import type { MeteringContext } from "./context.js";
import type { DecidedUsage } from "./decide-usage.js";
import { priceInput, toBatches, type UsageBatch, type UsageRequest } from "./price-usage.js";
import { readTerms } from "./read-terms.js";
import { sameContent, type UsageEvent } from "./rules.js";
import { insertUsage } from "./store/admission.js";
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
      const { ends, kept, outcomes } = await inTransaction(ctx.db, (trx) =>
        recordOnce(ctx, trx, { projectId, orders, walletIds, look: race > 0 }),
      );
      ctx.metrics.add("usage_accepted_events_total", {}, kept);
      countOutcomes(ctx, kept, outcomes);
      let from = 0;
      return orders.map(({ request: { events } }) => ends.slice(from, (from += events.length)));
    } catch (error) {
      if (!(error instanceof LookAgain) || race === racesMax) throw error;
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

async function recordOnce(
  ctx: MeteringContext,
  trx: Trx,
  { projectId, orders, walletIds, look }: Recording,
) {
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
  const results = await applyFresh(trx, fresh, terms);
  const dropped = fresh.filter(
    (event) => results.get(event)?.refusal !== undefined && !keeping.has(event),
  );
  await expectAsAssumed(trx, projectId, terms.version, dropped);
  const kept = new Set(fresh.filter((event) => !dropped.includes(event)));
  await keep(trx, batches.flatMap(onlyOf(kept)), kept.size, new Map([[projectId, terms.version]]));
  const outcomes = [...kept].flatMap((event) => results.get(event)?.outcome ?? []);
  await insertOutcomes(trx, projectId, outcomes);
  await markQuotesRedeemed(trx, redemptions(results));
  const rejections = await readRejections(trx, projectId, events, firsts, results);
  const ends = events.map((event): Recorded => {
    const first = present(firsts.get(event.key), "each key has a first event");
    const result = results.get(event);
    if (result !== undefined) return { ...result, event };
    if (!sameContent(first, event)) return { status: "conflict", event: first };
    const rejected = rejections.get(first.id);
    return { status: "duplicate", event: first, ...(rejected === undefined ? {} : { rejected }) };
  });
  return { ends, kept: kept.size, outcomes };
}

/** Writes what is kept, if its ids are still free and the rate card is still the one in force. */
async function keep(
  trx: Trx,
  batches: Parameters<typeof insertUsage>[1],
  count: number,
  versions: ReadonlyMap<ProjectId, number>,
): Promise<void> {
  if (count === 0) return;
  const { stale, admitted } = await insertUsage(trx, batches, versions);
  if (stale.length > 0) throw new LookAgain("the rate card was superseded meanwhile");
  if (admitted.size < count) throw new LookAgain("an id was taken meanwhile");
}

/** Why events that are known by their ids were rejected, if they were. */
async function readRejections(
  trx: Trx,
  projectId: ProjectId,
  events: readonly UsageEvent[],
  firsts: ReadonlyMap<string, UsageEvent>,
  results: ReadonlyMap<UsageEvent, End>,
) {
  const repeated = events.filter((event) => !results.has(event));
  const known = repeated.flatMap(({ key }) => firsts.get(key)?.id ?? []);
  return known.length === 0
    ? new Map<UsageEventId, Rejection>()
    : selectRejections(trx, projectId, known);
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
