import { readBookedReturns } from "../checkout/booked/read-booked.js";
import type { Database } from "../platform/db/connect.js";
import type { ComparedPage } from "./compare-payments.js";
import { decideReturn } from "./decide-return.js";
import { readBooks } from "./read-books.js";
import type { Run } from "./rules.js";
import type { ListedReturn } from "./read-listed.js";

/** Compares refunds and disputes with our books: those that moved long enough ago to have come through the inbox. */
export async function compareReturns(
  db: Database,
  run: Run,
  listed: readonly ListedReturn[],
): Promise<ComparedPage> {
  const old = listed.filter(({ movedAt }) => movedAt <= run.windowTo);
  const returns = [...new Map(old.map((each) => [each.id, each] as const)).values()];
  const ids = returns.map(({ id }) => id);
  const bookedOf = await readBooks(db, run, returns);
  const kept = await readBookedReturns(db, run.accountId ?? "", ids);
  const compared = returns.map((returned) => {
    const booked = bookedOf(returned);
    const difference = decideReturn(returned, booked, kept.get(returned.id) ?? 0n, run.projectId);
    return { returned, booked, difference };
  });
  return {
    payments: 0,
    subjects: ids,
    differing: compared.flatMap(({ returned, booked, difference }) => {
      if (difference === undefined || booked === undefined) return [];
      const { paymentIntentId, kind } = returned;
      const heal = { booked, sessionId: null, paymentIntentId, disputes: kind === "dispute" };
      return [{ difference, heal }];
    }),
    sighted: [],
    sums: {},
    credits: new Map(
      compared.flatMap(({ returned, booked }) =>
        booked === undefined ? [] : [[returned.id, booked.reversed] as const],
      ),
    ),
  };
}
