import { assert } from "../kernel/assert.js";
import { type Credits, micro, sumCredits, zeroCredits } from "../kernel/credits.js";
import { balanceChange, type TransferKind } from "../ledger/movements.js";
import { isClosed, type Month } from "./month.js";

/**
 * What a transfer means in a report on the credits that customers have. A line is either what comes in or what goes
 * out; `null` is for what changes nothing of it.
 */
export const lineOf = {
  purchase: "sold",
  promotion: "granted",
  correction_in: "corrected",
  correction_out: "withdrawn",
  debt_repayment: "debtRepaid",
  spend: "consumed",
  overdraft: null,
  hold: null,
  capture: "consumed",
  release: null,
  expire: "expired",
  reversal: "reversed",
  reversal_debt: null,
  reinstatement: "givenBack",
  reinstatement_debt: null,
  repayment_returned: "repaymentReturned",
} as const satisfies Record<TransferKind, string | null>;

export type Line = NonNullable<(typeof lineOf)[TransferKind]>;

/** In the order of a report: what comes in, then what goes out. */
export const linesIn = [
  "sold",
  "granted",
  "corrected",
  "givenBack",
  "repaymentReturned",
] as const satisfies readonly Line[];
export const linesOut = [
  "consumed",
  "debtRepaid",
  "expired",
  "withdrawn",
  "reversed",
] as const satisfies readonly Line[];

/** What wallets owe: how each kind of transfer changes it. */
export const debtLineOf = {
  overdraft: "overdrawn",
  debt_repayment: "repaid",
  reversal_debt: "reversed",
  reinstatement_debt: "givenBack",
  repayment_returned: "repaymentReturned",
} as const satisfies Partial<Record<TransferKind, string>>;

export type DebtLine = (typeof debtLineOf)[keyof typeof debtLineOf];
export const debtLinesIn = [
  "overdrawn",
  "reversed",
  "repaymentReturned",
] as const satisfies readonly DebtLine[];
export const debtLinesOut = ["repaid", "givenBack"] as const satisfies readonly DebtLine[];

/** A sum of each line, and what was there before and after them: `start + in - out = end`. */
export type Account<L extends string, Amount extends bigint> = Readonly<
  Record<L | "start" | "end", Amount>
>;
export type CreditAccount = Account<Line, Credits>;
/** In minor units. */
export type MoneyAccount = Account<Line, bigint>;
export type DebtAccount = Account<DebtLine, Credits>;

/** Revenue by what made it one, in minor units. */
export interface Revenue {
  /** Credits that were used, also those that paid for what was used before. */
  readonly usage: bigint;
  /** Credits that were paid for and never used. */
  readonly expired: bigint;
  /** Credits that were paid for and that an operator took. */
  readonly withdrawn: bigint;
  /**
   * Below zero: money that went back for credits that were used already, so it had been earned. What a reversal took
   * from other lots instead makes up for it, in the currency of those.
   */
  readonly refunded: bigint;
  readonly total: bigint;
}

/** What a month did to the credits that were bought in one currency. */
export interface CurrencyReport {
  readonly currency: string;
  readonly credits: CreditAccount;
  /** The money that was paid for them and is not earned yet. */
  readonly deferred: MoneyAccount;
  /** The money that went back with reversals of purchases, less what came again. */
  readonly refunded: bigint;
  readonly recognised: Revenue;
}

export interface MonthReport {
  readonly month: Month;
  readonly closed: boolean;
  /** All credits that customers have, held ones included. */
  readonly credits: CreditAccount;
  /** Those among them that were given and cost nothing. */
  readonly given: CreditAccount;
  readonly currencies: readonly CurrencyReport[];
  readonly debt: DebtAccount;
}

/** What lots had, gained, lost and had then. The ledger's `Flows` fit. */
export interface LotSums {
  readonly currency: string | null;
  readonly start: { readonly credits: Credits; readonly costMinor: bigint };
  readonly moved: ReadonlyMap<
    TransferKind,
    { readonly credits: Credits; readonly costMinor: bigint }
  >;
  readonly end: { readonly credits: Credits; readonly costMinor: bigint };
}

export interface RefundSums {
  readonly currency: string;
  readonly takenMinor: bigint;
  readonly returnedMinor: bigint;
}

export interface DebtSums {
  readonly start: Credits;
  readonly moved: ReadonlyMap<TransferKind, Credits>;
}

export interface Sums {
  readonly lots: readonly LotSums[];
  readonly refunds: readonly RefundSums[];
  readonly debt: DebtSums;
}

/** Sorts what moved into the lines of a report, and asserts that every account in it adds up. */
export function composeReport(
  month: Month,
  { lots, refunds, debt }: Sums,
  nowMs: number,
): MonthReport {
  const codes = new Set([...lots, ...refunds].flatMap(({ currency }) => currency ?? []));
  const currencies = [...codes].toSorted().map((currency) =>
    reportCurrency(
      lots.find((each) => each.currency === currency) ?? noLots(currency),
      refunds.find((each) => each.currency === currency),
    ),
  );
  const given = creditAccount(lots.filter((each) => each.currency === null));
  const credits = creditAccount(lots);
  return {
    month,
    closed: isClosed(month, nowMs),
    credits,
    given,
    currencies,
    debt: debtAccount(debt, credits),
  };
}

/** Of a currency in which money went back for lots that are long spent. */
function noLots(currency: string): LotSums & { readonly currency: string } {
  const nothing = { credits: zeroCredits, costMinor: 0n };
  return { currency, start: nothing, moved: new Map(), end: nothing };
}

function reportCurrency(lots: LotSums, refund: RefundSums | undefined): CurrencyReport {
  const money = (line: Line) => sumOf([lots], line, ({ costMinor }) => costMinor);
  const deferred = {
    start: lots.start.costMinor,
    ...amounts([...linesIn, ...linesOut], money),
    end: lots.end.costMinor,
  };
  assertAddsUp(deferred, linesIn, linesOut);
  const refunded = refund === undefined ? 0n : refund.takenMinor - refund.returnedMinor;
  const recognised = revenueOf(deferred, refunded);
  const left = deferred.end - deferred.start;
  assert(deferred.sold === recognised.total + refunded + left, "what was paid is somewhere");
  return {
    currency: lots.currency ?? "",
    credits: creditAccount([lots]),
    deferred,
    refunded,
    recognised,
  };
}

/** A debt that credits pay was used before, so what they cost is earned; when they are returned, it is not. */
function revenueOf(deferred: MoneyAccount, refunded: bigint): Revenue {
  const { expired, withdrawn } = deferred;
  const usage = deferred.consumed + deferred.debtRepaid - deferred.repaymentReturned;
  const fromEarned = deferred.reversed - deferred.givenBack - refunded;
  const total = usage + expired + withdrawn + fromEarned;
  return { usage, expired, withdrawn, refunded: fromEarned, total };
}

function creditAccount(lots: readonly LotSums[]): CreditAccount {
  const account = {
    start: sumCredits(lots.map(({ start }) => start.credits)),
    ...amounts([...linesIn, ...linesOut], (line) =>
      micro(sumOf(lots, line, ({ credits }) => credits)),
    ),
    end: sumCredits(lots.map(({ end }) => end.credits)),
  };
  assertAddsUp(account, linesIn, linesOut);
  return account;
}

function debtAccount({ start, moved }: DebtSums, credits: CreditAccount): DebtAccount {
  const lines = amounts([...debtLinesIn, ...debtLinesOut], () => zeroCredits);
  let end = start;
  for (const [kind, amount] of moved) {
    const line = isDebtKind(kind) ? debtLineOf[kind] : undefined;
    assert(line !== undefined, `${kind} has its line in the account of debts`);
    lines[line] = micro(lines[line] + amount);
    end = micro(end + balanceChange(kind, amount).debt);
  }
  const account = { start, ...lines, end };
  assertAddsUp(account, debtLinesIn, debtLinesOut);
  assert(account.repaid === credits.debtRepaid, "what pays a debt leaves a lot");
  assert(
    account.repaymentReturned === credits.repaymentReturned,
    "what had paid a debt is returned to a lot",
  );
  return account;
}

function isDebtKind(kind: TransferKind): kind is keyof typeof debtLineOf {
  return kind in debtLineOf;
}

function sumOf(
  lots: readonly LotSums[],
  line: Line,
  amountOf: (moved: { readonly credits: Credits; readonly costMinor: bigint }) => bigint,
): bigint {
  let sum = 0n;
  for (const { moved } of lots)
    for (const [kind, amount] of moved) if (lineOf[kind] === line) sum += amountOf(amount);
  return sum;
}

function amounts<L extends string, A extends bigint>(
  lines: readonly L[],
  amountOf: (line: L) => A,
): Record<L, A> {
  return Object.fromEntries(lines.map((line) => [line, amountOf(line)])) as Record<L, A>;
}

function assertAddsUp<L extends string>(
  account: Readonly<Record<L | "start" | "end", bigint>>,
  added: readonly L[],
  taken: readonly L[],
): void {
  const sum = (lines: readonly L[]) => lines.reduce((total, line) => total + account[line], 0n);
  assert(
    account.start + sum(added) - sum(taken) === account.end,
    "a report adds up: start + in - out = end",
  );
}
