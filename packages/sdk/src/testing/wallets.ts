import type { Balance, ShortfallPolicy, Transaction, Wallet } from "../types.js";
import { creditsIn, creditsOut, refuse } from "./refuse.js";

type Period = "minute" | "day" | "month";

/** A customer's credits in the fake, in millionths. */
export interface FakeWallet {
  readonly id: string;
  readonly customerId: string;
  available: bigint;
  held: bigint;
  debt: bigint;
  frozen: Wallet["frozen"];
  readonly createdAt: string;
  readonly lines: Transaction[];
  limits: Readonly<Record<Period, bigint | null>>;
  /** What counts for the limits; what a hold gave back is negative, at the time of the hold. */
  spends: { readonly atMs: number; readonly micro: bigint }[];
}

export function balanceOf({ available, held, debt }: FakeWallet): Balance {
  return {
    available: creditsOut(available),
    held: creditsOut(held),
    debt: creditsOut(debt),
    total: creditsOut(available + held - debt),
  };
}

export interface Change {
  readonly kind: string;
  readonly available?: bigint;
  readonly held?: bigint;
  readonly debt?: bigint;
  readonly description: string;
  readonly cause: Transaction["cause"];
  readonly holdId?: string;
}

/** Moves credits, and writes the line of the statement. */
export function move(wallet: FakeWallet, change: Change, nowMs: number): Transaction {
  const { available = 0n, held = 0n, debt = 0n, kind, description, cause, holdId = null } = change;
  wallet.available += available;
  wallet.held += held;
  wallet.debt += debt;
  if (wallet.available < 0n || wallet.held < 0n || wallet.debt < 0n)
    throw new Error("a wallet of the fake would be below zero");
  const seq = wallet.lines.length + 1;
  const line: Transaction = {
    id: `txn_${wallet.id.slice(4)}_${seq}`,
    seq,
    kind,
    credits: creditsOut(available + held - debt),
    description,
    cause,
    lotNo: null,
    holdId,
    balance: balanceOf(wallet),
    at: new Date(nowMs).toISOString(),
  };
  wallet.lines.push(line);
  return line;
}

/** Credits in. What is owed is paid with them first. */
export function give(wallet: FakeWallet, micro: bigint, change: Change, nowMs: number): void {
  move(wallet, { ...change, available: micro }, nowMs);
  payDebt(wallet, micro, change.cause, nowMs);
}

export function payDebt(
  wallet: FakeWallet,
  micro: bigint,
  cause: Transaction["cause"],
  nowMs: number,
): void {
  const repaid = micro < wallet.debt ? micro : wallet.debt;
  if (repaid === 0n) return;
  const description = "Paid back what was owed";
  move(
    wallet,
    { kind: "debt_repayment", available: -repaid, debt: -repaid, description, cause },
    nowMs,
  );
}

/** What a spend would take from the wallet, or its refusal. Nothing is moved. */
export function decideSpend(
  wallet: FakeWallet,
  amount: bigint,
  shortfall: ShortfallPolicy,
  nowMs: number,
): { readonly taken: bigint; readonly owed: bigint } {
  const { available, debt } = wallet;
  if (wallet.frozen !== null) return refuseFrozen();
  const fromWallet = amount < available ? amount : available;
  checkLimits(wallet, shortfall.policy === "upToAvailable" ? fromWallet : amount, nowMs);
  if (shortfall.policy === "debt") {
    const owed = amount - fromWallet;
    const limit = creditsIn(shortfall.limit, "limit");
    if (owed === 0n || debt + owed <= limit) return { taken: fromWallet, owed };
    return refuse("debt_limit", "The wallet may not owe more. Buy or grant credits.", {
      available: creditsOut(available),
      debt: creditsOut(debt),
      required: creditsOut(amount),
      shortBy: creditsOut(debt + owed - limit),
    });
  }
  if (debt > 0n && amount > 0n) return refuseInDebt(wallet, amount);
  if (amount <= available) return { taken: amount, owed: 0n };
  if (shortfall.policy === "upToAvailable") return { taken: available, owed: 0n };
  return refuseTooFew(wallet, amount);
}

export function refuseFrozen(): never {
  return refuse("wallet_frozen", "An operator has frozen this wallet.");
}

export function refuseInDebt({ available, debt }: FakeWallet, required: bigint): never {
  const missing = required > available ? required - available : 0n;
  return refuse("wallet_in_debt", "The wallet owes credits. Buy or grant more.", {
    available: creditsOut(available),
    debt: creditsOut(debt),
    required: creditsOut(required),
    shortBy: creditsOut(debt + missing),
  });
}

export function refuseTooFew({ available }: FakeWallet, required: bigint): never {
  return refuse("insufficient_credits", "The wallet has too few credits. Buy or grant more.", {
    available: creditsOut(available),
    required: creditsOut(required),
    shortBy: creditsOut(required - available),
  });
}

const periods = ["minute", "day", "month"] as const;

/** Refuses what would exceed a limit in the running minute, day or month (UTC). */
export function checkLimits(wallet: FakeWallet, micro: bigint, nowMs: number): void {
  if (micro === 0n) return;
  for (const period of periods) {
    const limit = wallet.limits[period];
    const { spent, resetsAt } = spentIn(wallet, period, nowMs);
    if (limit !== null && spent + micro > limit)
      refuse("wallet_spend_limit", `The wallet's limit per ${period} is reached.`, {
        period,
        limit: creditsOut(limit),
        spent: creditsOut(spent),
        required: creditsOut(micro),
        resetsAt,
      });
  }
}

export function countSpend(wallet: FakeWallet, micro: bigint, atMs: number): void {
  const isLimited = periods.some((period) => wallet.limits[period] !== null);
  if (isLimited && micro !== 0n) wallet.spends.push({ atMs, micro });
}

export function allowanceOf(wallet: FakeWallet, period: Period, nowMs: number) {
  const isCounted = periods.some((each) => wallet.limits[each] !== null);
  const limit = wallet.limits[period];
  const { spent, resetsAt } = spentIn(wallet, period, nowMs);
  const left = limit === null ? null : limit > spent ? limit - spent : 0n;
  return {
    limit: limit === null ? null : creditsOut(limit),
    spent: isCounted ? creditsOut(spent) : null,
    countedSince: isCounted ? windowOf(period, nowMs).from : null,
    remaining: left === null ? null : creditsOut(left),
    resetsAt,
  };
}

function spentIn({ spends }: FakeWallet, period: Period, nowMs: number) {
  const { from, to } = windowOf(period, nowMs);
  const fromMs = Date.parse(from);
  const spent = spends.reduce((sum, { atMs, micro }) => (atMs >= fromMs ? sum + micro : sum), 0n);
  return { spent: spent > 0n ? spent : 0n, resetsAt: to };
}

function windowOf(period: Period, nowMs: number): { readonly from: string; readonly to: string } {
  const now = new Date(nowMs);
  const [year, month, day] = [now.getUTCFullYear(), now.getUTCMonth(), now.getUTCDate()];
  const minuteMs = nowMs - (nowMs % 60_000);
  const [fromMs, toMs] = {
    minute: [minuteMs, minuteMs + 60_000] as const,
    day: [Date.UTC(year, month, day), Date.UTC(year, month, day + 1)] as const,
    month: [Date.UTC(year, month), Date.UTC(year, month + 1)] as const,
  }[period];
  return { from: new Date(fromMs).toISOString(), to: new Date(toMs).toISOString() };
}
