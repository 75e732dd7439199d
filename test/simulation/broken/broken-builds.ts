import { buy } from "../clients/buy.js";
import { give } from "../clients/give.js";
import type { Habits } from "../clients/run-clients.js";
import { takeBack } from "../clients/take-back.js";
import { useLater, useNow } from "../clients/use.js";
import type { Patch } from "./patch-build.js";

/** A product that is wrong on purpose, to see that the checker notices. */
export interface BrokenBuild {
  readonly name: string;
  /** What clients do to meet it. */
  readonly habits: Habits;
  /** The faults that bring it to light; it may be wrong without any. */
  readonly faults: readonly string[];
  /** The rule that the checker must find broken. */
  readonly rule: string;
  readonly patches: readonly Patch[];
}

/** 202 goes out while the events wait in memory for another third of a second. */
const acknowledgesBeforeCommit: BrokenBuild = {
  name: "acknowledges before it commits",
  habits: [[useLater, 1]],
  faults: ["kill web"],
  rule: "lost",
  patches: [
    {
      file: "src/metering/admit-usage.js",
      from: "const written = await insertOrRetry(ctx, batches, priced);",
      to: `const written = { stale: [], admitted: new Set(events.map(({ id }) => id)) };
            setTimeout(() => void insertOrRetry(ctx, batches, priced).catch(() => undefined), 300);`,
    },
  ],
};

/** An event that is sent twice is two events. The database would refuse that, so it is broken as well. */
const forgetsWhatItTook: BrokenBuild = {
  name: "forgets which usage it took",
  habits: [[useLater, 1]],
  faults: [],
  rule: "applied_twice",
  patches: [
    {
      file: "migrations/0012_metering.js",
      from: "constraint usage_events_key unique (project_id, key),",
      to: "",
    },
    {
      file: "src/metering/store/admission.js",
      from: "on conflict (project_id, key) do nothing",
      to: "",
    },
  ],
};

/** A spend takes what the wallet does not have, and no constraint is left that would refuse it. */
const spendsWhatIsNotThere: BrokenBuild = {
  name: "spends what is not there",
  habits: [
    [give, 1],
    [useLater, 2],
    [useNow, 1],
  ],
  faults: [],
  rule: "below_zero",
  patches: [
    {
      file: "src/ledger/decide-spend.js",
      from: "if (amount <= book.available)",
      to: "if (amount > 0n)",
    },
    {
      file: "src/ledger/decide-withdrawal.js",
      from: "const slices = sliceLots(book.lots, amount);",
      to: `const slices = [...sliceLots(book.lots, amount)];
    const short = amount - sumCredits(slices.map((slice) => slice.amount));
    if (short > 0n) slices.push({ lotNo: 1, amount: short });`,
    },
    {
      file: "src/ledger/decide.js",
      from: 'assert(available >= 0n && held >= 0n && debt >= 0n, "no balance is negative");',
      to: "",
    },
    ...withoutChecks("migrations/0004_ledger.js", [
      "constraint wallets_head check (head_left >= 0 and head_burned >= 0),",
      "constraint wallets_never_below_zero check (available >= 0 and held >= 0 and debt >= 0 and seq >= 0),",
      "constraint lots_remaining_in_range check (remaining between 0 and granted),",
      "constraint lots_held_in_range check (held between 0 and remaining),",
    ]),
    {
      file: "migrations/0004_ledger.js",
      from: "available_after bigint not null check (available_after >= 0),",
      to: "available_after bigint not null,",
    },
  ],
};

/** Refunds and a dispute of the same payment take back more than it gave, and no constraint is left that would refuse it. */
const takesBackWithoutEnd: BrokenBuild = {
  name: "takes back more than it gave",
  habits: [
    [buy, 1],
    [takeBack, 2],
  ],
  faults: [],
  rule: "over_reversal",
  patches: [
    {
      file: "src/checkout/decide-reversed.js",
      from: "target: minCredits(bought.granted, isAllBack ? bought.credits : returned),",
      to: "target: returned,",
    },
    {
      file: "src/ledger/decide-reversal.js",
      from: 'assert(reversedOf(purchase) + amount <= purchase.granted, "no more is reversed than was granted");',
      to: "",
    },
    {
      file: "migrations/0015_reversals.js",
      from: `add column reversed bigint not null default 0,
  add constraint lots_reversed_within_granted check (reversed between 0 and granted);`,
      to: "add column reversed bigint not null default 0;",
    },
    {
      file: "migrations/0017_stripe_returns.js",
      from: "add constraint purchases_reversed_within_granted check (reversed between 0 and granted),",
      to: "",
    },
    {
      file: "migrations/0017_stripe_returns.js",
      from: `(reversed = 0 or reversals > 0)),
      add constraint purchases_refunded_is_reversed check (state <> 'refunded' or reversed = granted);`,
      to: "(reversed = 0 or reversals > 0));",
    },
  ],
};

function withoutChecks(file: string, checks: readonly string[]): readonly Patch[] {
  return checks.map((from) => ({ file, from, to: "" }));
}

export const brokenBuilds: readonly BrokenBuild[] = [
  acknowledgesBeforeCommit,
  forgetsWhatItTook,
  spendsWhatIsNotThere,
  takesBackWithoutEnd,
];
