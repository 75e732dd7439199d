import fc from "fast-check";
import { type Credits, micro } from "../../src/kernel/credits.js";
import { newId } from "../../src/kernel/ids.js";
import type { Book, Cause } from "../../src/ledger/decide.js";
import type { Grant } from "../../src/ledger/decide-grant.js";
import type { Withdrawal } from "../../src/ledger/decide-withdrawal.js";
import { compareBurnOrder, type Lot } from "../../src/ledger/lots.js";

/** Small numbers, so that amounts meet each other and lots empty exactly. */
export const amounts = fc.bigInt({ min: 1n, max: 60n }).map(micro);

const expiries = fc.option(
  fc.integer({ min: 1, max: 4 }).map((day) => new Date(Date.UTC(2030, 0, day))),
  { nil: null },
);

const operator = (): Cause => ({ type: "operator", id: newId("adjustment") });

export const grants: fc.Arbitrary<Grant> = fc
  .record({
    kind: fc.constantFrom("purchase", "promotion", "correction_in"),
    amount: amounts,
    expiresAt: expiries,
  })
  .map((grant) => ({
    ...grant,
    cost: null,
    memo: null,
    cause: grant.kind === "purchase" ? { type: "purchase", id: newId("purchase") } : operator(),
  }));

export const withdrawals: fc.Arbitrary<Withdrawal> = amounts.map((amount) => ({
  kind: "correction_out",
  amount,
  cause: operator(),
  memo: null,
}));

const lots = fc.record({
  source: fc.constantFrom("purchase", "promotion", "adjustment"),
  remaining: amounts,
  priority: fc.constantFrom(50, 100, 150),
  expiresAt: expiries,
});

/** A wallet in the middle of its life: lots that hold what is available and held, and perhaps a debt. */
export const books: fc.Arbitrary<Book> = fc
  .tuple(
    fc.array(lots, { maxLength: 6 }),
    fc.nat({ max: 100 }),
    fc.bigInt({ min: 0n, max: 80n }),
    fc.bigInt({ min: 0n, max: 1_000n }),
  )
  .map(([open, heldPercent, debt, seq]) => {
    const numbered: Lot[] = open.map((lot, index) => ({
      ...lot,
      lotNo: index * 2 + 1,
      held: micro((lot.remaining * BigInt(heldPercent)) / 100n),
    }));
    const remaining = sumOf(numbered.map((lot) => lot.remaining));
    const held = sumOf(numbered.map((lot) => lot.held));
    return {
      walletId: newId("wallet"),
      projectId: newId("project"),
      available: micro(remaining - held),
      held: micro(held),
      debt: micro(debt),
      seq,
      lots: numbered.toSorted(compareBurnOrder),
      frozen: false,
      windows: null,
      holds: new Map(),
      reversible: null,
      counts: { lotNoLast: numbered.length * 2 + 1, openHolds: 0 },
    };
  });

export type Act =
  | { readonly type: "grant"; readonly grant: Grant }
  | { readonly type: "withdrawal"; readonly withdrawal: Withdrawal };

export const acts: fc.Arbitrary<Act> = fc.oneof(
  grants.map((grant) => ({ type: "grant" as const, grant })),
  withdrawals.map((withdrawal) => ({ type: "withdrawal" as const, withdrawal })),
);

function sumOf(values: readonly Credits[]): bigint {
  return values.reduce((sum, value) => sum + value, 0n);
}
