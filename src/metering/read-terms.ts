import type { HoldId, ProjectId, QuoteId } from "../kernel/ids.js";
import { type HoldTerms, readHoldTerms } from "../ledger/read-hold.js";
import type { Trx } from "../platform/db/connect.js";
import type { Quote } from "../rating/decide-redemption.js";
import type { RateCard } from "../rating/price.js";
import { lockQuotes } from "../rating/redeem-quote.js";
import type { MeteringContext } from "./context.js";
import type { UsageInput } from "./rules.js";
import { type Doorstep, selectDoorstep } from "./store/events.js";

/** What events are priced by, and which of their ids are known. */
export interface Terms {
  /** Of the rate card in force. */
  readonly version: number;
  readonly known: readonly string[];
  readonly cardOf: (input: UsageInput) => RateCard | undefined;
  readonly policyCardOf: (version: number) => RateCard | undefined;
  readonly holds: ReadonlyMap<HoldId, HoldTerms>;
  readonly quotes: ReadonlyMap<QuoteId, Quote>;
}

/**
 * At first nothing is asked: the version is the one of before, and the ids are new. Both is checked by the statement
 * that writes the events, and when it was wrong there is another look.
 */
async function readDoorstep(
  ctx: MeteringContext,
  trx: Trx,
  projectId: ProjectId,
  events: readonly UsageInput[],
  look: boolean,
): Promise<Doorstep> {
  const before = look ? undefined : ctx.cardVersions.get(projectId);
  if (before !== undefined) return { version: before, known: [] };
  const keys = events.flatMap(({ id }) => id ?? []);
  const doorstep = await selectDoorstep(trx, projectId, keys);
  ctx.cardVersions.set(projectId, doorstep.version);
  return doorstep;
}

/** A hold or a quote fixes the version; otherwise it is the one in force. */
export async function readTerms(
  ctx: MeteringContext,
  trx: Trx,
  projectId: ProjectId,
  events: readonly UsageInput[],
  look: boolean,
): Promise<Terms> {
  const { version, known } = await readDoorstep(ctx, trx, projectId, events, look);
  const quotes = await lockQuotes(trx, projectId, idsOf(events.map(({ quoteId }) => quoteId)));
  const holds = await readHoldTerms(trx, projectId, idsOf(events.map(({ holdId }) => holdId)));
  const fixed = [...quotes.values(), ...holds.values()].map((each) => each.rateCardVersion);
  const cards = new Map<number, RateCard | undefined>();
  for (const each of new Set([version, ...fixed]))
    cards.set(each, await ctx.rateCards.get(trx, projectId, each));
  /** A hold from before the first rate card fixes none. */
  const versionOf = ({ holdId, quoteId }: UsageInput): number =>
    (quoteId === undefined ? undefined : quotes.get(quoteId)?.rateCardVersion) ??
    ((holdId === undefined ? undefined : holds.get(holdId)?.rateCardVersion) || version);
  return {
    version,
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
