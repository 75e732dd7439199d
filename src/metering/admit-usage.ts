import { assert, present } from "../kernel/assert.js";
import type { ProjectId } from "../kernel/ids.js";
import { currentRateCardVersion } from "../rating/read-rate-cards.js";
import { databaseErrorKind } from "../platform/db/errors.js";
import type { RateCard } from "../rating/price.js";
import type { MeteringContext } from "./context.js";
import {
  type PricedInput,
  priceInput,
  toBatches,
  type UsageBatch,
  type UsageRequest,
} from "./price-usage.js";
import { sameContent, type UsageEvent } from "./rules.js";
import { insertUsage } from "./store/admission.js";
import { selectByKeys } from "./store/events.js";

/** What became of one event at the door. */
export interface Admitted {
  /** The event that stands under this id: the one that was sent, or the first that had the id. */
  readonly event: UsageEvent;
  /** `conflict`: another event has the id. Nothing of the one that was sent is kept. */
  readonly status: "accepted" | "duplicate" | "conflict";
}

export interface Admission {
  /** By request, in the order of its events. */
  readonly results: readonly (readonly Admitted[])[];
  /** What was written and waits to be applied. */
  readonly batches: readonly UsageBatch[];
}

/** Accepts the events of several requests by one commit. */
export type AdmitUsage = (requests: readonly UsageRequest[]) => Promise<Admission>;

const attemptsMax = 100;

/**
 * Gathers wallets and rate cards, prices, and commits everything by one statement. What is priced by a version that
 * was superseded meanwhile is priced again: the version in force is part of what the statement checks.
 */
export function createAdmission(ctx: MeteringContext): AdmitUsage {
  const versions = ctx.cardVersions;
  const versionOf = async (projectId: ProjectId): Promise<number> => {
    const known = versions.get(projectId);
    if (known !== undefined) return known;
    const version = await currentRateCardVersion(ctx.db, projectId);
    versions.set(projectId, version);
    return version;
  };

  return async (requests) => {
    const walletIds = await ctx.walletIds.of(ctx.db, requests.flatMap(customersOf));
    const projectIds = new Set(requests.map(({ projectId }) => projectId));
    for (let attempt = 0; ; attempt++) {
      assert(attempt < attemptsMax, "rate cards and ids do not change faster than they are read");
      const cards = new Map<ProjectId, RateCard | undefined>();
      const priced = new Map<ProjectId, number>();
      for (const projectId of projectIds) {
        priced.set(projectId, await versionOf(projectId));
        cards.set(
          projectId,
          await ctx.rateCards.get(ctx.db, projectId, priced.get(projectId) ?? 0),
        );
      }
      let place = 0;
      const inputs: PricedInput[] = requests.flatMap((request) =>
        request.events.map((input) => {
          const walletId = present(walletIds[place++], "each event has a wallet");
          return priceInput(request, input, walletId, cards.get(request.projectId));
        }),
      );
      const { batches, events } = toBatches(inputs);
      const written = await insertOrRetry(ctx, batches, priced);
      if (written === undefined) continue;
      const { stale, isAdmitted } = written;
      if (stale.length > 0) {
        for (const projectId of stale) versions.delete(projectId);
        continue;
      }
      const repeated = events.filter(({ id }) => !isAdmitted(id));
      const known = await knownEvents(ctx, repeated);
      const results = events.map((event): Admitted => {
        if (isAdmitted(event.id)) return { event, status: "accepted" };
        const first = present(known.get(keyOf(event)), "a refused key belongs to an event");
        return { event: first, status: sameContent(first, event) ? "duplicate" : "conflict" };
      });
      return { results: cut(results, requests), batches };
    }
  };
}

/** `undefined` when it lost against another transaction that takes the same ids in another order: once more, then. */
async function insertOrRetry(
  { db }: MeteringContext,
  batches: readonly UsageBatch[],
  priced: ReadonlyMap<ProjectId, number>,
) {
  try {
    return await insertUsage(
      db,
      batches.map((batch) => ({ ...batch, applied: false })),
      priced,
    );
  } catch (error) {
    if (databaseErrorKind(error) !== "conflict") throw error;
    return undefined;
  }
}

function customersOf({ projectId, events }: UsageRequest) {
  return events.map(({ customerId }) => ({ projectId, customerId }));
}

function keyOf({ projectId, key }: UsageEvent): string {
  return `${projectId} ${key}`;
}

async function knownEvents(
  ctx: MeteringContext,
  events: readonly UsageEvent[],
): Promise<ReadonlyMap<string, UsageEvent>> {
  const found = await selectByKeys(ctx.db, events);
  return new Map(found.map((event) => [keyOf(event), event]));
}

function cut(
  results: readonly Admitted[],
  requests: readonly UsageRequest[],
): readonly (readonly Admitted[])[] {
  let from = 0;
  return requests.map(({ events }) => results.slice(from, (from += events.length)));
}
