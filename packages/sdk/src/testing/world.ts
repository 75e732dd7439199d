import type { Checkout, CreditPack, Hold, RateCard, UsageRecord } from "../types.js";
import type { FakeWallet } from "./wallets.js";
import { textIn } from "./refuse.js";

export interface FakeHold {
  readonly id: string;
  readonly wallet: FakeWallet;
  readonly amount: bigint;
  captured: bigint;
  released: bigint;
  state: Hold["state"];
  readonly overCapture: Hold["overCapture"];
  readonly rateCardVersion: number | null;
  readonly description: string | null;
  readonly createdMs: number;
  expiresMs: number;
  endedMs: number | null;
}

export interface FakeQuote {
  readonly id: string;
  readonly wallet: FakeWallet;
  readonly event: string;
  readonly micro: bigint;
  readonly expiresMs: number;
  isRedeemed: boolean;
}

export interface FakeUsage {
  readonly fingerprint: string;
  record: UsageRecord;
}

/** Everything the fake remembers. */
export interface World {
  readonly baseUrl: string;
  readonly now: () => number;
  readonly newId: (prefix: string) => string;
  readonly wallets: Map<string, FakeWallet>;
  readonly packs: Map<string, CreditPack>;
  readonly checkouts: Map<string, Checkout>;
  /** The packs behind them, as they were then. */
  readonly sold: Map<string, CreditPack>;
  readonly holds: Map<string, FakeHold>;
  readonly quotes: Map<string, FakeQuote>;
  readonly usage: Map<string, FakeUsage>;
  readonly cards: RateCard[];
  /** Who waits for a checkout to be paid. */
  readonly paid: EventTarget;
}

export function createWorld(baseUrl: string, now: () => number): World {
  let ids = 0;
  return {
    baseUrl,
    now,
    newId: (prefix) => `${prefix}_${String(++ids).padStart(26, "0")}`,
    wallets: new Map(),
    packs: new Map(),
    checkouts: new Map(),
    sold: new Map(),
    holds: new Map(),
    quotes: new Map(),
    usage: new Map(),
    cards: [],
    paid: new EventTarget(),
  };
}

export function iso(ms: number): string {
  return new Date(ms).toISOString();
}

/** A customer's wallet, opened on first touch. */
export function walletOf(world: World, value: unknown): FakeWallet {
  const customerId = textIn(value, "customerId");
  const known = world.wallets.get(customerId);
  if (known !== undefined) return known;
  const opened: FakeWallet = {
    id: world.newId("wal"),
    customerId,
    available: 0n,
    held: 0n,
    debt: 0n,
    frozen: null,
    createdAt: iso(world.now()),
    lines: [],
    limits: { minute: null, day: null, month: null },
    spends: [],
  };
  world.wallets.set(customerId, opened);
  return opened;
}
