import type { Lot } from "../../src/ledger/lots.js";

interface NaiveLot {
  readonly lotNo: number;
  readonly priority: number;
  readonly expiresAt: Date | null;
  readonly given: boolean;
  credits: bigint;
}

/**
 * The ledger as slowly as it can be told: it moves one micro-credit at a time and looks for the lot to burn anew
 * for each. It shares no code with the product, so the two agree only when both are right.
 */
export class NaiveLedger {
  readonly #lots: NaiveLot[] = [];
  available = 0n;
  held = 0n;
  debt = 0n;

  static of(book: {
    readonly available: bigint;
    readonly held: bigint;
    readonly debt: bigint;
    readonly lots: readonly Lot[];
  }): NaiveLedger {
    const ledger = new NaiveLedger();
    ledger.available = book.available;
    ledger.held = book.held;
    ledger.debt = book.debt;
    for (const { lotNo, priority, expiresAt, source, remaining } of book.lots)
      ledger.#lots.push({
        lotNo,
        priority,
        expiresAt,
        given: source !== "purchase",
        credits: remaining,
      });
    return ledger;
  }

  grant(lotNo: number, amount: bigint, expiresAt: Date | null, given: boolean): void {
    const lot: NaiveLot = { lotNo, priority: 100, expiresAt, given, credits: 0n };
    this.#lots.push(lot);
    for (let credit = 0n; credit < amount; credit++) {
      if (this.debt > 0n) {
        this.debt -= 1n;
      } else {
        lot.credits += 1n;
        this.available += 1n;
      }
    }
  }

  /** Answers whether there was enough; when not, nothing moved. */
  withdraw(amount: bigint): boolean {
    if (amount > this.available) return false;
    for (let credit = 0n; credit < amount; credit++) {
      this.#nextToBurn().credits -= 1n;
      this.available -= 1n;
    }
    return true;
  }

  /** What remains in each lot that is not empty, by lot number. */
  get lots(): Record<number, bigint> {
    const open = this.#lots.filter((lot) => lot.credits > 0n);
    return Object.fromEntries(open.map((lot) => [lot.lotNo, lot.credits]));
  }

  #nextToBurn(): NaiveLot {
    let next: NaiveLot | undefined;
    for (const lot of this.#lots) {
      if (lot.credits > 0n && (next === undefined || burnsBefore(lot, next))) next = lot;
    }
    if (next === undefined) throw new Error("there is nothing left to burn");
    return next;
  }
}

/** The burn order of the design, one sentence after the other. */
function burnsBefore(a: NaiveLot, b: NaiveLot): boolean {
  if (a.priority !== b.priority) return a.priority < b.priority;
  const aEnds = a.expiresAt?.getTime() ?? Number.POSITIVE_INFINITY;
  const bEnds = b.expiresAt?.getTime() ?? Number.POSITIVE_INFINITY;
  if (aEnds !== bEnds) return aEnds < bEnds;
  if (a.given !== b.given) return a.given;
  return a.lotNo < b.lotNo;
}
