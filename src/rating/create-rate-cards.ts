import { LRUCache } from "lru-cache";
import type { ProjectId } from "../kernel/ids.js";
import type { Database, Trx } from "../platform/db/connect.js";
import { compileRateCard, type RateCard } from "./price.js";
import { readRateCardIfAny } from "./read-rate-cards.js";
import { countPrices } from "./rules.js";

/** Compiled rate cards of one process. */
export interface RateCards {
  /**
   * The version, ready to price. `undefined` for 0 (a project without a card) and for versions that do not exist.
   * Inside a transaction give that one, so that no second connection is waited for.
   */
  readonly get: (
    db: Database | Trx,
    projectId: ProjectId,
    version: number,
  ) => Promise<RateCard | undefined>;
}

/** Some 50 MB at the very most. */
const cachedPricesMax = 100_000;
const cachedCardsMax = 2_000;

/** Keeps what was used last. Versions never change, so what is kept is never wrong. */
export function createRateCards(): RateCards {
  const cards = new LRUCache<string, RateCard>({ max: cachedCardsMax, maxSize: cachedPricesMax });
  return {
    get: async (db, projectId, version) => {
      if (version === 0) return undefined;
      const key = `${projectId} ${version}`;
      const known = cards.get(key);
      if (known !== undefined) return known;
      const found = await readRateCardIfAny(db, projectId, version);
      if (found === undefined) return undefined;
      const card = compileRateCard(version, found.terms);
      const size = Object.values(found.terms.events).reduce(
        (sum, { price }) => sum + 1 + countPrices(price),
        0,
      );
      cards.set(key, card, { size });
      return card;
    },
  };
}
