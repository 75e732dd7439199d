import { afterAll, beforeAll } from "vitest";
import { wholeCredits } from "../../src/kernel/credits.js";
import type { ProjectId } from "../../src/kernel/ids.js";
import type { Database } from "../../src/platform/db/connect.js";
import { insertProject, walletBook } from "../support/ledger.js";
import { type Answer, startTestStack, type TestStack } from "../support/stack.js";

/** Chargly's web on a database of its own, for one test file. */
export interface RatingApi {
  readonly stack: () => TestStack;
  readonly db: () => Database;
  readonly projectId: () => ProjectId;
  readonly publish: (terms: unknown) => Promise<Answer>;
  readonly quote: (body: unknown) => Promise<Answer>;
  readonly give: (customerId: string, credits: number) => Promise<void>;
}

export function ratingApi(): RatingApi {
  let running: TestStack | undefined;
  beforeAll(async () => {
    running = await startTestStack({ roles: ["web"] });
  }, 60_000);
  afterAll(() => running?.stop());
  const stack = (): TestStack => {
    if (running === undefined) throw new Error("the stack has not started");
    return running;
  };
  return {
    stack,
    db: () => stack().database.db,
    projectId: () => stack().projectId,
    publish: (terms) => stack().call("PUT", "/v1/rate-card", terms),
    quote: (body) => stack().call("POST", "/v1/quotes", body),
    give: async (customerId, credits) => {
      const book = await walletBook(stack().database.db, stack().projectId, customerId);
      await book.give(wholeCredits(credits));
    },
  };
}

/** Another project on the same database. */
export const otherProject = (api: RatingApi): Promise<ProjectId> => insertProject(api.db());
