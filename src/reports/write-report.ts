import { type Credits, micro } from "../kernel/credits.js";
import { moneyDigits } from "../kernel/money.js";
import { type Columns, csvHeader, csvRows } from "../platform/csv/write-csv.js";
import {
  type CreditAccount,
  type CurrencyReport,
  debtLinesIn,
  debtLinesOut,
  linesIn,
  linesOut,
  type MonthReport,
  type Revenue,
} from "./rules.js";

/** One line of the report, signed: what goes out is below zero, so that the lines of an account add up. */
export interface ReportRow {
  readonly month: string;
  /** `outstanding`: credits, and what was paid for them. `refunded`: money that went back. `recognised`: revenue. `debt`: what wallets owe. */
  readonly part: "outstanding" | "refunded" | "recognised" | "debt";
  /** A currency, `given` for what nobody paid for, `all` for every credit. */
  readonly currency: string;
  readonly line: string;
  readonly credits: Credits | null;
  readonly amountMinor: bigint | null;
}

const columns: Columns<ReportRow> = {
  month: ({ month }) => month,
  part: ({ part }) => part,
  currency: ({ currency }) => currency,
  line: ({ line }) => line,
  credits: ({ credits }) => credits,
  amountMinor: ({ amountMinor }) => (amountMinor === null ? null : Number(amountMinor)),
  amount: ({ amountMinor, currency }) =>
    amountMinor === null ? null : Number(moneyDigits({ amountMinor, currency })),
};

/** A month's report as CSV: one line of each account a row. */
export function writeReport(report: MonthReport): string {
  return csvHeader(columns) + csvRows(columns, rowsOf(report));
}

/** The lines of a report, account after account. */
export function rowsOf({ month, credits, given, currencies, debt }: MonthReport): ReportRow[] {
  const rows = [
    ...accountRows("all", credits),
    ...accountRows("given", given),
    ...currencies.flatMap((each) => [
      ...accountRows(each.currency, each.credits, each),
      ...moneyRows(each.currency, "refunded", { total: each.refunded }),
      ...moneyRows(each.currency, "recognised", each.recognised),
    ]),
    ...signedLines(debt, debtLinesIn, debtLinesOut).map(([line, amount]) => ({
      part: "debt" as const,
      currency: "all",
      line,
      credits: micro(amount),
      amountMinor: null,
    })),
  ];
  return rows.map((row) => ({ month: month.name, ...row }));
}

type PartRow = Omit<ReportRow, "month">;

function accountRows(
  currency: string,
  account: CreditAccount,
  paid?: Pick<CurrencyReport, "deferred">,
): PartRow[] {
  const money = paid && new Map(signedLines(paid.deferred, linesIn, linesOut));
  return signedLines(account, linesIn, linesOut).map(([line, credits]) => ({
    part: "outstanding",
    currency,
    line,
    credits: micro(credits),
    amountMinor: money?.get(line) ?? null,
  }));
}

function moneyRows(
  currency: string,
  part: ReportRow["part"],
  amounts: Revenue | Pick<Revenue, "total">,
): PartRow[] {
  return Object.entries<bigint>({ ...amounts }).map(([line, amountMinor]) => ({
    part,
    currency,
    line,
    credits: null,
    amountMinor,
  }));
}

function signedLines<L extends string>(
  account: Readonly<Record<L | "start" | "end", bigint>>,
  added: readonly L[],
  taken: readonly L[],
): (readonly [line: string, amount: bigint])[] {
  const amountOf = (line: L | "start" | "end"): bigint => account[line];
  return [
    ["atStart", amountOf("start")],
    ...added.map((line) => [line, amountOf(line)] as const),
    ...taken.map((line) => [line, -amountOf(line)] as const),
    ["atEnd", amountOf("end")],
  ];
}
