import type { Lot } from "../../src/ledger/lots.js";
import { burnsBefore, type Limits, type NaiveHold, type NaiveLot } from "./naive-lot.js";

export interface NaiveSpend {
  readonly amount: bigint;
  readonly policy: "reject" | "upToAvailable" | "debt";
  readonly debtMax: bigint;
  readonly limits: Limits;
  readonly now: Date;
}

/**
 * The ledger of one wallet as slowly as it can be told: it moves one micro-credit at a time and looks for the lot to
 * burn anew for each. It shares no code with the product, so the two agree only when both are right. Each act
 * answers what `toldBy` says of a verdict: the code of a refusal, `done`, or what was taken.
 */
export class NaiveLedger {
  readonly #lots: NaiveLot[] = [];
  readonly #holds = new Map<string, NaiveHold>();
  /** The lot of each micro-credit that was taken back of a purchase, or `null` for what is owed instead. */
  readonly #reversed = new Map<string, (NaiveLot | null)[]>();
  /** How many micro-credits are set aside of a purchase, by purchase and purpose. */
  readonly #reserves = new Map<string, bigint>();
  /** The lot of each micro-credit that paid a debt. */
  #payments: NaiveLot[] = [];
  #lotNoLast = 0;
  debt = 0n;
  frozen = false;

  static of(book: {
    readonly debt: bigint;
    readonly lots: readonly Lot[];
    readonly counts: { readonly lotNoLast: number } | null;
  }): NaiveLedger {
    const ledger = new NaiveLedger();
    ledger.debt = book.debt;
    ledger.#lotNoLast = book.counts?.lotNoLast ?? 0;
    for (const { lotNo, priority, expiresAt, source, remaining, held } of book.lots) {
      const given = source !== "purchase";
      const terms = { lotNo, priority, expiresAt, given, purchase: null };
      ledger.#lots.push({ ...terms, free: remaining - held, held });
    }
    return ledger;
  }

  get available(): bigint {
    return this.#lots.reduce((sum, lot) => sum + lot.free, 0n);
  }

  openUntil(name: string): Date | undefined {
    return this.#holds.get(name)?.expiresAt;
  }

  get held(): bigint {
    return this.#lots.reduce((sum, lot) => sum + lot.held, 0n);
  }

  /** What remains in each lot that is not empty, by lot number. */
  get lots(): Record<number, bigint> {
    const open = this.#lots.filter((lot) => lot.free + lot.held > 0n);
    return Object.fromEntries(open.map((lot) => [lot.lotNo, lot.free + lot.held]));
  }

  /** What each open hold has left, by its name. */
  get holds(): Record<string, bigint> {
    return Object.fromEntries(
      [...this.#holds].map(([name, { credits }]) => [name, BigInt(credits.length)]),
    );
  }

  /** What is set aside of purchases, by purchase and purpose. */
  get reserves(): Record<string, bigint> {
    return Object.fromEntries([...this.#reserves].filter(([, amount]) => amount > 0n));
  }

  /** What nobody holds leaves a lot whose time is over. */
  expire(now: Date): void {
    for (const lot of this.#lots)
      while (lot.expiresAt !== null && lot.expiresAt <= now && lot.free > 0n) lot.free -= 1n;
  }

  grant(amount: bigint, expiresAt: Date | null, purchase: string | null): string {
    this.#lotNoLast += 1;
    const lotNo = this.#lotNoLast;
    const given = purchase === null;
    const lot: NaiveLot = { lotNo, priority: 100, expiresAt, given, purchase, free: 0n, held: 0n };
    this.#lots.push(lot);
    for (let credit = 0n; credit < amount; credit++) this.#giveOne(lot);
    return "done";
  }

  withdraw(amount: bigint): string {
    if (amount > this.available) return "insufficient_credits";
    for (let credit = 0n; credit < amount; credit++) this.#nextToBurn().free -= 1n;
    return "done";
  }

  spend({ amount, policy, debtMax, limits, now }: NaiveSpend): string {
    if (this.frozen) return "wallet_frozen";
    const covered = amount < this.available ? amount : this.available;
    const wanted = policy === "upToAvailable" ? covered : amount;
    const reached = this.#limitReached(limits, wanted, now);
    if (reached !== undefined) return reached;
    if (policy === "debt") {
      if (amount > covered && this.debt + amount - covered > debtMax) return "debt_limit";
    } else if (this.debt > 0n && amount > 0n) return "wallet_in_debt";
    else if (wanted > covered) return "insufficient_credits";
    for (let credit = 0n; credit < wanted; credit++) {
      if (this.available > 0n) this.#nextToBurn().free -= 1n;
      else this.debt += 1n;
    }
    for (const [, limit] of limits) limit.count(wanted, now);
    return `took ${wanted}, short ${amount - wanted}`;
  }

  hold(
    name: string,
    hold: Omit<NaiveHold, "credits" | "counted"> & { amount: bigint; openMax: number; now: Date },
  ): string {
    const { amount, openMax, now, limits, takesMore, expiresAt } = hold;
    if (this.frozen) return "wallet_frozen";
    if (this.#holds.size >= openMax) return "hold_limit";
    const reached = this.#limitReached(limits, amount, now);
    if (reached !== undefined) return reached;
    if (this.debt > 0n) return "wallet_in_debt";
    if (amount > this.available) return "insufficient_credits";
    const credits: number[] = [];
    for (let credit = 0n; credit < amount; credit++) {
      const lot = this.#nextToBurn();
      lot.free -= 1n;
      lot.held += 1n;
      credits.push(lot.lotNo);
    }
    const counted = limits.map(([, limit]) => limit.count(amount, now));
    this.#holds.set(name, { credits, takesMore, expiresAt, limits, counted });
    return "done";
  }

  capture(name: string, amount: bigint, close: boolean, now: Date): string {
    const hold = this.#holds.get(name);
    if (hold === undefined || hold.expiresAt <= now) return "hold_not_open";
    const { credits, takesMore, limits } = hold;
    if (amount > credits.length && !takesMore) return "hold_exceeded";
    const over = this.#overHold(hold, amount, now);
    let taken = 0n;
    while (taken < amount && credits.length > 0) {
      this.#lotOf(credits.shift()).held -= 1n;
      taken += 1n;
    }
    for (let credit = 0n; credit < over; credit++) this.#nextToBurn().free -= 1n;
    if (over > 0n) for (const [, limit] of limits) limit.count(over, now);
    if (close) this.#letGo(hold);
    if (credits.length === 0) this.#holds.delete(name);
    return `took ${taken + over}, short ${amount - taken - over}`;
  }

  /** What a capture of more than its hold takes from the wallet. */
  #overHold({ credits, limits }: NaiveHold, amount: bigint, now: Date): bigint {
    const over = amount - BigInt(credits.length);
    const there = over < this.available ? over : this.available;
    if (there < 0n || this.frozen || this.debt > 0n) return 0n;
    const call = amount - over + there;
    return this.#limitReached(limits, there, now, call) === undefined ? there : 0n;
  }

  release(name: string): string {
    const hold = this.#holds.get(name);
    if (hold === undefined) return "hold_not_open";
    this.#letGo(hold);
    this.#holds.delete(name);
    return "done";
  }

  /** What time does to a hold: nothing while it lasts. */
  expireHold(name: string, now: Date): string {
    const hold = this.#holds.get(name);
    return hold === undefined || hold.expiresAt > now ? "hold_not_open" : this.release(name);
  }

  /** As much as there is, up to `amount`; for a refund only while nothing is set aside for one. */
  reserve(purchase: string, purpose: string, amount: bigint): string {
    const own = this.#ownOf(purchase);
    if (purpose === "refund" && this.#reserveOf(purchase, purpose) > 0n) return "done";
    for (let credit = 0n; credit < amount; credit++) {
      if (own.free === 0n && purpose === "refund") this.#unreserve(purchase, "fraud_warning");
      if (own.free === 0n) break;
      own.free -= 1n;
      own.held += 1n;
      this.#reserves.set(`${purchase} ${purpose}`, this.#reserveOf(purchase, purpose) + 1n);
    }
    return "done";
  }

  releaseReserve(purchase: string, purpose: string): string {
    const own = this.#ownOf(purchase);
    while (this.#unreserve(purchase, purpose)) {
      own.free -= 1n;
      this.#giveOne(own);
    }
    return "done";
  }

  #unreserve(purchase: string, purpose: string): boolean {
    const there = this.#reserveOf(purchase, purpose);
    if (there === 0n) return false;
    const own = this.#ownOf(purchase);
    own.held -= 1n;
    own.free += 1n;
    this.#reserves.set(`${purchase} ${purpose}`, there - 1n);
    return true;
  }

  #reserveOf(purchase: string, purpose: string): bigint {
    return this.#reserves.get(`${purchase} ${purpose}`) ?? 0n;
  }

  #ownOf(purchase: string): NaiveLot {
    const own = this.#lots.find((lot) => lot.purchase === purchase);
    if (own === undefined) throw new Error("a purchase has a lot");
    return own;
  }

  /** Set aside for it, its own lot, set aside against fraud, as it burns, as debt. Whatever is held else stays. */
  reverse(purchase: string, amount: bigint): string {
    const taken = this.#reversed.get(purchase) ?? [];
    const own = this.#ownOf(purchase);
    for (let credit = 0n; credit < amount; credit++) {
      const isThere =
        this.#unreserve(purchase, "refund") ||
        own.free > 0n ||
        this.#unreserve(purchase, "fraud_warning");
      const lot = isThere ? own : null;
      const from = lot ?? (this.available > 0n ? this.#nextToBurn() : null);
      if (from === null) this.debt += 1n;
      else from.free -= 1n;
      taken.push(from);
    }
    this.#reversed.set(purchase, taken);
    return "done";
  }

  /** Back to where each came from, the last first. A debt that was paid meanwhile goes back to who paid last. */
  reinstate(purchase: string, amount: bigint): string {
    const taken = this.#reversed.get(purchase) ?? [];
    for (let credit = 0n; credit < amount; credit++) {
      const lot = taken.pop();
      if (lot === undefined) throw new Error("no more is given back than was taken");
      if (lot !== null) this.#giveOne(lot);
      else if (this.debt > 0n) this.debt -= 1n;
      else this.#returnPayment();
    }
    return "done";
  }

  #returnPayment(): void {
    const lot = this.#payments.pop();
    if (lot === undefined) throw new Error("a debt that is gone was paid by somebody");
    lot.free += 1n;
  }

  #letGo({ credits, counted }: NaiveHold): void {
    for (const each of counted) each.credits -= BigInt(credits.length);
    for (const lotNo of credits.splice(0)) {
      const lot = this.#lotOf(lotNo);
      lot.held -= 1n;
      this.#giveOne(lot);
    }
  }

  /** What comes into a wallet pays its debt first. */
  #giveOne(lot: NaiveLot): void {
    if (this.debt === 0n) {
      lot.free += 1n;
      return;
    }
    this.debt -= 1n;
    // Who pays again stands last with all that it paid.
    const before = this.#payments.filter((each) => each === lot);
    this.#payments = [...this.#payments.filter((each) => each !== lot), ...before, lot];
  }

  #limitReached(limits: Limits, credits: bigint, now: Date, call = credits): string | undefined {
    return limits.flatMap(([code, limit]) => limit.refusal(code, { credits, call }, now) ?? [])[0];
  }

  #lotOf(lotNo: number | undefined): NaiveLot {
    const lot = this.#lots.find((each) => each.lotNo === lotNo);
    if (lot === undefined) throw new Error("a hold lies in no lot");
    return lot;
  }

  #nextToBurn(): NaiveLot {
    let next: NaiveLot | undefined;
    for (const lot of this.#lots) {
      if (lot.free > 0n && (next === undefined || burnsBefore(lot, next))) next = lot;
    }
    if (next === undefined) throw new Error("there is nothing left to burn");
    return next;
  }
}
