import { describe, expect, it } from "vitest";
import { micro } from "../../src/kernel/credits.js";
import type { Act } from "./commands.js";
import { newCast, planOf, runInBatches, seenOf } from "./runs.js";

const day = 86_400_000;
const noLimits = { wallets: [], keys: [] };

/** What one wallet is asked, batch by batch, with the time that passes before each. */
function tell(
  batches: readonly { readonly afterMs?: number; readonly acts: readonly Act[] }[],
  limits = noLimits as Parameters<typeof runInBatches>[1]["limits"],
) {
  const cast = newCast();
  const plan = batches.map(({ afterMs = 0, acts }) => ({
    advanceMs: afterMs,
    toggleFrozen: null,
    commands: acts.map((act) => ({ wallet: 0, key: null, act })),
  }));
  const run = runInBatches(planOf(plan, cast), { cast, limits, batchSizes: [100] });
  return { ...run, wallet: seenOf(run.state, cast).wallets[0] };
}

const grant = (amount: bigint, lifeMs: number | null = null): Act => ({
  type: "grant",
  amount: micro(amount),
  bought: false,
  lifeMs,
});
const spend = (amount: bigint, policy: "reject" | "upToAvailable" = "reject"): Act => ({
  type: "spend",
  amount: micro(amount),
  policy: { policy },
});
const hold = (amount: bigint, lifeMs = 30 * day): Act => ({
  type: "hold",
  amount: micro(amount),
  lifeMs,
  overCapture: "reject",
});
const capture = (amount: bigint, close = false): Act => ({
  type: "capture",
  pick: 0,
  amount: micro(amount),
  close,
  byUsage: true,
});
const release: Act = { type: "release", pick: 0 };

describe("a batch", () => {
  it("does not spend what a hold gave back in it after the time of those credits", () => {
    const { told, transfers } = tell([
      { acts: [grant(10n, day), hold(10n)] },
      { afterMs: 2 * day, acts: [release, spend(1n)] },
    ]);
    expect(told).toEqual(["done", "done", "done", "insufficient_credits"]);
    expect(transfers.map((row) => row.kind)).toEqual(["promotion", "hold", "release", "expire"]);
  });

  it("captures a hold that it has placed itself", () => {
    const { told, wallet } = tell([
      { acts: [grant(10n), hold(7n), capture(3n), capture(2n, true)] },
    ]);
    expect(told.slice(2)).toEqual(["took 3, short 0", "took 2, short 0"]);
    expect(wallet).toMatchObject({ available: 5n, held: 0n, holds: {} });
  });

  it("keeps what is held when its lot expires, and lets the rest go", () => {
    const { wallet, told } = tell([
      { acts: [grant(10n, day), hold(7n)] },
      { afterMs: 2 * day, acts: [spend(1n), capture(7n)] },
    ]);
    expect(told.slice(2)).toEqual(["insufficient_credits", "took 7, short 0"]);
    expect(wallet).toMatchObject({ available: 0n, held: 0n, lots: {} });
  });
});

describe("a spend limit", () => {
  const perDay = { wallets: [{ day: 10n }], keys: [] };

  it("counts what was taken, not what was asked and not there", () => {
    const { told, wallet } = tell(
      [{ acts: [grant(4n), spend(100n, "upToAvailable"), grant(9n), spend(6n), spend(1n)] }],
      perDay,
    );
    expect(told).toEqual([
      "done",
      "took 4, short 96",
      "done",
      "took 6, short 0",
      "wallet_spend_limit",
    ]);
    expect(wallet?.spent).toEqual({ periods: [10n, 10n, 10n], total: null });
  });

  it("counts a hold in full, and what it gives back off again the same day only", () => {
    const sameDay = tell(
      [{ acts: [grant(50n), hold(10n), spend(1n), release, spend(10n)] }],
      perDay,
    );
    expect(sameDay.told.slice(2)).toEqual(["wallet_spend_limit", "done", "took 10, short 0"]);
    const nextDay = tell(
      [{ acts: [grant(50n), hold(10n)] }, { afterMs: day, acts: [spend(9n), release, spend(2n)] }],
      perDay,
    );
    expect(nextDay.told.slice(2)).toEqual(["took 9, short 0", "done", "wallet_spend_limit"]);
  });
});
