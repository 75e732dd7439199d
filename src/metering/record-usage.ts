import { assert, present } from "../kernel/assert.js";
import type { HoldId, ProjectId, QuoteId, WalletId } from "../kernel/ids.js";
import type { Refusal } from "../kernel/refusals.js";
import { approve, approvedOrThrow, refuse, type Verdict } from "../kernel/verdict.js";
import { applyMovements } from "../ledger/post-movements.js";
import { type Hold, readHold } from "../ledger/read-hold.js";
import type { Trx } from "../platform/db/connect.js";
import { inTransaction } from "../platform/db/transaction.js";
import { decideRedemption, type Quote } from "../rating/decide-redemption.js";
import { priceEvent, type RateCard, shortfallPolicyOf } from "../rating/price.js";
import { lockQuotes, markQuotesRedeemed } from "../rating/redeem-quote.js";
import { countOutcomes } from "./apply-lane.js";
import type { MeteringContext } from "./context.js";
import {
  type DecidedUsage,
  type Outcome,
  outcomeOf,
  unpricedOutcome,
  usageMovement,
} from "./decide-usage.js";
import { priceInput, toBatches, type UsageBatch, type UsageRequest } from "./price-usage.js";
import { sameContent, type UsageEvent, type UsageInput } from "./rules.js";
import { insertUsage } from "./store/admission.js";
import { selectByKeys, selectDoorstep } from "./store/events.js";
import { insertOutcomes } from "./store/lanes.js";

/** What became of an event that was applied while its sender waited. */
export type Recorded =
  | { readonly status: "applied"; readonly event: UsageEvent; readonly decided: DecidedUsage }
  | { readonly status: "refused"; readonly event: UsageEvent; readonly refusal: Refusal }
  | { readonly status: "duplicate"; readonly event: UsageEvent }
  | { readonly status: "conflict"; readonly event: UsageEvent };

/** Most events that are applied while their sender waits. */
export const recordedMax = 100;
const racesMax = 20;

/** Another request took one of the ids between our look and our write. All of it was undone; look again. */
class KeyTaken extends Error {
  override readonly name = "KeyTaken";
}

/**
 * Accepts and applies events in one transaction, by the same decisions as the workers. An event that is known by its
 * id is answered and not applied again.
 *
 * @param keepRefused whether an event that is refused is kept as rejected. Otherwise nothing of it is written, and it
 *   may be sent again under the same id.
 */
export async function recordUsage(
  ctx: MeteringContext,
  request: UsageRequest,
  { keepRefused }: { readonly keepRefused: boolean },
): Promise<readonly Recorded[]> {
  assert(request.events.length <= recordedMax, `at most ${recordedMax} events are waited for`);
  const { projectId, events } = request;
  const walletIds = await ctx.walletIds.of(
    ctx.db,
    events.map(({ customerId }) => ({ projectId, customerId })),
  );
  for (let race = 0; ; race++) {
    try {
      return await inTransaction(ctx.db, (trx) =>
        recordOnce(ctx, trx, { request, walletIds, keepRefused }),
      );
    } catch (error) {
      if (!(error instanceof KeyTaken) || race === racesMax) throw error;
    }
  }
}

interface Recording {
  readonly request: UsageRequest;
  readonly walletIds: readonly WalletId[];
  readonly keepRefused: boolean;
}

async function recordOnce(
  ctx: MeteringContext,
  trx: Trx,
  { request, walletIds, keepRefused }: Recording,
): Promise<readonly Recorded[]> {
  const { projectId, events: inputs } = request;
  const terms = await readTerms(ctx, trx, request);
  const { batches, events } = toBatches(
    inputs.map((input, place) => {
      const walletId = present(walletIds[place], "each event has a wallet");
      return priceInput(request, input, walletId, terms.cardOf(input));
    }),
  );
  const firsts = await firstByKey(trx, events, terms.known);
  const fresh = events.filter((event) => firsts.get(event.key) === event);
  const ends = await applyFresh(trx, fresh, terms);
  const refused = fresh.filter((event) => ends.get(event)?.refusal !== undefined);
  if (!keepRefused) await expectUnknown(trx, projectId, refused);
  const kept = new Set(keepRefused ? fresh : fresh.filter((event) => !refused.includes(event)));
  const { admitted } = await insertUsage(trx, batches.flatMap(onlyOf(kept)), new Map());
  if (admitted.size < kept.size) throw new KeyTaken("an id was taken meanwhile");
  const outcomes = [...kept].flatMap((event) => ends.get(event)?.outcome ?? []);
  await insertOutcomes(trx, projectId, outcomes);
  await markQuotesRedeemed(trx, redemptions(ends));
  ctx.metrics.add("usage_accepted_events_total", {}, kept.size);
  countOutcomes(ctx, kept.size, outcomes);
  return events.map((event) => {
    const first = present(firsts.get(event.key), "each key has a first event");
    const end = ends.get(event);
    if (end !== undefined) return { ...end, event };
    return { status: sameContent(first, event) ? "duplicate" : "conflict", event: first };
  });
}

/**
 * What is refused is not written, so nothing tells that its id was taken while we waited for the wallet. Then it is
 * the same event that took the credits, and its end is the answer.
 */
async function expectUnknown(
  trx: Trx,
  projectId: ProjectId,
  refused: readonly UsageEvent[],
): Promise<void> {
  if (refused.length === 0) return;
  const keys = refused.map(({ key }) => key);
  const { known } = await selectDoorstep(trx, projectId, keys);
  if (known.length > 0) throw new KeyTaken("an id was taken meanwhile");
}

/** What events are priced by, and which of their ids are known. */
interface Terms {
  readonly known: readonly string[];
  readonly cardOf: (input: UsageInput) => RateCard | undefined;
  readonly policyCardOf: (version: number) => RateCard | undefined;
  readonly holds: ReadonlyMap<HoldId, Hold>;
  readonly quotes: ReadonlyMap<QuoteId, Quote>;
}

/** A hold or a quote fixes the version; otherwise it is the one in force. */
async function readTerms(
  ctx: MeteringContext,
  trx: Trx,
  { projectId, events }: UsageRequest,
): Promise<Terms> {
  const keys = events.flatMap(({ id }) => id ?? []);
  const { version, known } = await selectDoorstep(trx, projectId, keys);
  const quotes = await lockQuotes(trx, projectId, idsOf(events.map(({ quoteId }) => quoteId)));
  const holds = new Map<HoldId, Hold>();
  for (const id of idsOf(events.map(({ holdId }) => holdId))) {
    const found = await readHold(trx, projectId, id);
    if (found !== undefined) holds.set(id, found.hold);
  }
  const fixed = [...quotes.values(), ...holds.values()].map((each) => each.rateCardVersion);
  const cards = new Map<number, RateCard | undefined>();
  for (const each of new Set([version, ...fixed]))
    cards.set(each, await ctx.rateCards.get(trx, projectId, each));
  const versionOf = ({ holdId, quoteId }: UsageInput): number =>
    (quoteId === undefined ? undefined : quotes.get(quoteId)?.rateCardVersion) ??
    (holdId === undefined ? undefined : holds.get(holdId)?.rateCardVersion) ??
    version;
  return {
    known,
    cardOf: (input) => cards.get(versionOf(input)),
    policyCardOf: (each) => cards.get(each),
    holds,
    quotes,
  };
}

function idsOf<Id>(ids: readonly (Id | undefined)[]): readonly Id[] {
  return [...new Set(ids.filter((id) => id !== undefined))];
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

type End = (
  | { readonly status: "applied"; readonly decided: DecidedUsage; readonly refusal?: undefined }
  | { readonly status: "refused"; readonly refusal: Refusal }
) & { readonly outcome: Outcome | undefined };

/** Applies what has a price, in order, and answers how each event ended. */
async function applyFresh(
  trx: Trx,
  fresh: readonly UsageEvent[],
  terms: Terms,
): Promise<ReadonlyMap<UsageEvent, End>> {
  const ends = new Map<UsageEvent, End>();
  const priced = fresh.filter((event) => event.credits !== null);
  for (const event of fresh) if (event.credits === null) ends.set(event, unpriced(event, terms));
  if (priced.length === 0) return ends;
  const verdicts = await applyMovements(
    trx,
    priced.map((event) => {
      const credits = present(event.credits, "what is applied has a price");
      const policy = shortfallPolicyOf(terms.policyCardOf(event.rateCardVersion), event.event);
      return usageMovement({ ...event, credits }, policy, ({ now }) =>
        checkFunding(event, terms, now),
      );
    }),
  );
  for (const [place, event] of priced.entries()) {
    const decided = approvedOrThrow(present(verdicts[place], "each movement has a verdict"));
    const outcome = outcomeOf(decided);
    ends.set(
      event,
      decided.result.approved
        ? { status: "applied", decided, outcome }
        : { status: "refused", refusal: decided.result.refusal, outcome },
    );
  }
  return ends;
}

function unpriced(event: UsageEvent, terms: Terms): End {
  const card = terms.policyCardOf(event.rateCardVersion);
  const { quantity, properties } = event;
  const price = priceEvent(card, event.event, {
    quantity: quantity ?? undefined,
    properties: properties ?? undefined,
  });
  assert(!price.approved, "an event without a price cannot be priced");
  const outcome = unpricedOutcome(event, price.refusal.code);
  return { status: "refused", refusal: price.refusal, outcome };
}

/** Whether the hold and the quote that an event names are its wallet's, and still good. */
function checkFunding(event: UsageEvent, terms: Terms, now: Date): Verdict<unknown> {
  const { holdId, quoteId, walletId } = event;
  if (holdId !== null && terms.holds.get(holdId)?.walletId !== walletId)
    return refuse("not_found", {
      param: "holdId",
      detail: "This customer has no such hold. Leave holdId out, or place a hold.",
    });
  if (quoteId === null) return approve(undefined);
  return decideRedemption(terms.quotes.get(quoteId), { walletId, event: event.event, now });
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
