import { isReturn, keysMax, openHoldsMax, type Order, walletsMax } from "./commands.js";
import { NaiveLedger } from "./naive-ledger.js";
import type { Limits } from "./naive-lot.js";
import { type NaiveBudget, NaiveLimit, type NaivePeriod } from "./naive-limit.js";

export type Maxima = Readonly<Partial<Record<NaivePeriod, bigint>>> & {
  /** Makes a key an agent's token. */
  readonly budget?: NaiveBudget;
};

/** Wallets and keys of a run; those whose maxima are `null` have no limit. */
export interface Limited {
  readonly wallets: readonly (Maxima | null)[];
  readonly keys: readonly (Maxima | null)[];
}

/** All wallets of a test, told naively. */
export class NaiveRun {
  readonly wallets: readonly NaiveLedger[];
  readonly walletLimits: readonly (NaiveLimit | null)[];
  readonly keyLimits: readonly (NaiveLimit | null)[];

  readonly #placedBy = new Map<string, NaiveLimit>();

  constructor({ wallets, keys }: Limited) {
    const limit = (max: Maxima | null | undefined) =>
      max === null || max === undefined ? null : new NaiveLimit(max, max.budget);
    this.wallets = Array.from({ length: walletsMax }, () => new NaiveLedger());
    this.walletLimits = this.wallets.map((_, index) => limit(wallets[index]));
    this.keyLimits = Array.from({ length: keysMax }, (_, index) => limit(keys[index]));
  }

  toggleFrozen(wallet: number | null): void {
    const ledger = wallet === null ? undefined : this.wallets[wallet];
    if (ledger !== undefined) ledger.frozen = !ledger.frozen;
  }

  /** Does one thing, after what is over by then has left the wallet. */
  tell({ wallet, key, act, holdId, purchaseId, returned }: Order, now: Date): string {
    const ledger = this.wallets[wallet];
    if (ledger === undefined) throw new Error(`there is no wallet ${wallet}`);
    const limits = this.#limitsOf(wallet, key);
    const later = (lifeMs: number) => new Date(now.getTime() + lifeMs);
    ledger.expire(now);
    if (isReturn(act)) return tellReturn(ledger, returned);
    if (this.#isBarred({ wallet, key, act, holdId }, now)) return "forbidden";
    switch (act.type) {
      case "grant":
        return ledger.grant(
          act.amount,
          act.lifeMs === null ? null : later(act.lifeMs),
          act.bought ? purchaseId : null,
        );
      case "withdrawal":
        return ledger.withdraw(act.amount);
      case "spend": {
        const { amount, policy } = act;
        const debtMax = policy.policy === "debt" ? policy.limit : 0n;
        return ledger.spend({ amount, policy: policy.policy, debtMax, limits, now });
      }
      case "hold": {
        const takesMore = act.overCapture === "upToAvailable";
        const expiresAt = later(act.lifeMs);
        const { amount } = act;
        return ledger.hold(holdId, {
          amount,
          takesMore,
          expiresAt,
          limits,
          openMax: openHoldsMax,
          now,
        });
      }
      case "capture":
        return ledger.capture(holdId, act.amount, act.close, now);
      case "release":
        return ledger.release(holdId);
      case "expireHold":
        return ledger.expireHold(holdId, now);
    }
  }

  /** A token that may not touch the wallet, or has not placed the hold. A hold that is not open is told first. */
  #isBarred(
    { wallet, key, act, holdId }: Pick<Order, "wallet" | "key" | "act" | "holdId">,
    now: Date,
  ): boolean {
    const token = key === null ? null : this.keyLimits[key];
    if (token === null || token === undefined || token.budget === null) return false;
    if (act.type === "spend") return token.bars(wallet, now);
    if (act.type === "hold") {
      const isBarred = token.bars(wallet, now);
      if (!isBarred) this.#placedBy.set(holdId, token);
      return isBarred;
    }
    if (act.type !== "capture" && act.type !== "release") return false;
    const openUntil = this.wallets[wallet]?.openUntil(holdId);
    if (openUntil === undefined || (act.type === "capture" && openUntil <= now)) return false;
    return token.bars(wallet, now) || this.#placedBy.get(holdId) !== token;
  }

  #limitsOf(wallet: number, key: number | null): Limits {
    const ofKey = key === null ? null : (this.keyLimits[key] ?? null);
    const ofWallet = this.walletLimits[wallet] ?? null;
    return [
      ...(ofKey === null ? [] : [["key_spend_limit", ofKey] as const]),
      ...(ofWallet === null ? [] : [["wallet_spend_limit", ofWallet] as const]),
    ];
  }
}

function tellReturn(ledger: NaiveLedger, returned: Order["returned"]): string {
  if (returned === null) return "conflict";
  const { act, purchaseId, reversal } = returned;
  if ("purpose" in act)
    return act.type === "reserve"
      ? ledger.reserve(purchaseId, act.purpose, act.amount)
      : ledger.releaseReserve(purchaseId, act.purpose);
  const amount = reversal?.amount ?? 0n;
  return amount > 0n ? ledger.reverse(purchaseId, amount) : ledger.reinstate(purchaseId, -amount);
}
