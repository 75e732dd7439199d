import { type Credits, formatCredits, micro, sumCredits } from "../kernel/credits.js";
import type { TransferKind } from "../ledger/movements.js";
import type { PriceLine } from "../rating/explain-price.js";
import { describeTransfer } from "../wallets/rules.js";
import type { ExplainedTransaction, ExplainedUsage } from "./explain-transaction.js";

/** One sentence for the customer: why this transaction is there. It tells of all that its cause moved. */
export function explainInWords(explained: ExplainedTransaction): string {
  const { line, usage } = explained;
  if (usage !== null) return sentence(usageClauses(usage, explained));
  switch (line.cause.type) {
    case "hold":
      return sentence([
        `Set ${moved(explained, "hold")} aside${about(explained)}${untilWords(explained)}`,
      ]);
    case "capture":
      return sentence([
        `Used ${worded(taken(explained))}${about(explained)}`,
        ...holdClauses(explained),
      ]);
    case "release":
      return sentence([`Gave back ${setAside(explained)}`]);
    case "expiry":
      return sentence([
        line.kind === "expire" ? expiredWords(explained) : returnedWords(explained),
      ]);
    case "reversal":
      return sentence(reversalClauses(explained));
    case "purchase":
    case "operator":
    case "usage":
      return sentence([fillingWords(explained), ...repaidClauses(explained)]);
  }
}

function sentence(clauses: readonly string[]): string {
  return `${clauses.join("; ")}.`;
}

function usageClauses(usage: ExplainedUsage, explained: ExplainedTransaction): readonly string[] {
  const { event, shortfall } = usage;
  const name = event.model === null ? event.event : `${event.event} with ${event.model}`;
  const owed = amountOf(explained, "overdraft");
  return [
    `${name} cost ${worded(event.credits ?? taken(explained))}${priceWords(usage)}`,
    ...holdClauses(explained),
    ...(owed > 0n ? [`${formatCredits(owed)} of it is owed`] : []),
    ...(shortfall > 0n ? [`${formatCredits(shortfall)} of it was not there, and is let go`] : []),
  ];
}

function priceWords({ event, price }: ExplainedUsage): string {
  if (event.ownPrice) return ", a price that came with the event";
  const card = ` by version ${event.rateCardVersion} of the rate card`;
  if (price === null) return card;
  const isRounded = price.lines.some(({ credits }) => isFinerThanCredits(credits));
  const parts = price.lines.map(partWords).join(" + ");
  return `${card}: ${parts}${isRounded ? `, rounded ${roundings[price.rounding]}` : ""}`;
}

const roundings = { up: "up", down: "down", nearest: "to the nearest" } as const;

function partWords({ what, units, unitPrice, per, credits }: PriceLine): string {
  if (what === "flat") return `${credits} each`;
  if (what === "base") return `${credits} for each event`;
  if (what === "minimum") return `${credits} more to reach the minimum`;
  const of = what.replace(/^properties\./, "");
  const rate = per === 1 ? unitPrice : `${unitPrice} per ${per.toLocaleString("en-US")}`;
  return `${credits} for ${units} ${of} at ${rate}`;
}

function isFinerThanCredits(decimal: string): boolean {
  return (decimal.split(".")[1] ?? "").length > 6;
}

function holdClauses(explained: ExplainedTransaction): readonly string[] {
  const held = amountOf(explained, "capture");
  const free = amountOf(explained, "spend");
  if (held === 0n) return [];
  const placed = `${formatCredits(held)} came from what was set aside at ${minuteOf(explained.hold?.createdAt)}`;
  return [free > 0n ? `${placed}, ${formatCredits(free)} from what was available` : placed];
}

/** By an operator or a purchase: in the words of the statement. */
function fillingWords(explained: ExplainedTransaction): string {
  const first = explained.lines.find(({ kind }) => kind !== "debt_repayment") ?? explained.line;
  const words = describeTransfer(first.kind, first.memo);
  if (first.cause.type === "purchase") return words;
  const sign = first.kind === "correction_out" ? "-" : "+";
  return `${words} (${sign}${moved(explained, first.kind)}, by an operator)`;
}

function repaidClauses(explained: ExplainedTransaction): readonly string[] {
  const repaid = amountOf(explained, "debt_repayment");
  return repaid === 0n ? [] : [`${formatCredits(repaid)} of it paid back what was owed`];
}

/** Money of a purchase went back, or came again. */
function reversalClauses(explained: ExplainedTransaction): readonly string[] {
  const fromLots = amountOf(explained, "reversal");
  const owed = amountOf(explained, "reversal_debt");
  const toLots = amountOf(explained, "reinstatement");
  const notOwed = amountOf(explained, "reinstatement_debt");
  const returned = amountOf(explained, "repayment_returned");
  const took = sumCredits([fromLots, owed]);
  const gave = sumCredits([toLots, notOwed]);
  return [
    took > 0n
      ? `Took ${worded(took)} back${about(explained)}`
      : `Gave ${worded(gave)} back${about(explained)}`,
    ...(owed > 0n ? [`${formatCredits(owed)} of it was not there, and is owed`] : []),
    ...(notOwed > returned
      ? [`${formatCredits(micro(notOwed - returned))} of it is no longer owed`]
      : []),
    ...repaidClauses(explained),
  ];
}

function expiredWords({ line: { amount, lot } }: ExplainedTransaction): string {
  const grantedFor = lot?.grantedFor ?? null;
  const of = grantedFor === null ? "" : ` of ${grantedFor}`;
  return `${worded(amount)}${of} expired unspent at ${minuteOf(lot?.expiresAt)}`;
}

function returnedWords(explained: ExplainedTransaction): string {
  return `Gave back ${setAside(explained)}, as its time was over at ${endOf(explained)}`;
}

function setAside(explained: ExplainedTransaction): string {
  return `${moved(explained, "release")} of what was set aside${about(explained)}`;
}

function about({ line, hold }: ExplainedTransaction): string {
  const what = line.memo ?? hold?.description ?? null;
  return what === null ? "" : ` for ${what}`;
}

/** What is set aside for money that may go back is no hold, and has no end in time. */
function untilWords(explained: ExplainedTransaction): string {
  return explained.hold === null ? "" : `, until ${endOf(explained)}`;
}

function endOf({ hold }: ExplainedTransaction): string {
  return minuteOf(hold?.expiresAt);
}

function moved(explained: ExplainedTransaction, kind: TransferKind): string {
  return worded(amountOf(explained, kind));
}

function taken(explained: ExplainedTransaction): Credits {
  const kinds = ["spend", "capture", "overdraft"] as const;
  return sumCredits(kinds.map((kind) => amountOf(explained, kind)));
}

function amountOf({ lines }: ExplainedTransaction, kind: TransferKind): Credits {
  return sumCredits(lines.filter((line) => line.kind === kind).map(({ amount }) => amount));
}

function worded(credits: Credits): string {
  const digits = formatCredits(credits);
  return `${digits} ${digits === "1" ? "credit" : "credits"}`;
}

function minuteOf(time: Date | null | undefined): string {
  if (time === undefined || time === null) return "an unknown time";
  return `${time.toISOString().slice(0, 16).replace("T", " ")} UTC`;
}
