import type { Chargly, Transaction } from "@chargly/sdk";
import { totalOf } from "./shapes.js";

/** What kinds of transactions a question is about. */
const kindsOf = {
  charge: ["spend", "capture", "overdraft"],
  hold: ["hold", "release"],
  purchase: ["purchase"],
  grant: ["promotion"],
  correction: ["correction_in", "correction_out"],
  expiry: ["expire"],
  refund_or_dispute: [
    "reversal",
    "reversal_debt",
    "reinstatement",
    "reinstatement_debt",
    "repayment_returned",
  ],
} as const;

export const topics = [
  "charge",
  "hold",
  "purchase",
  "grant",
  "correction",
  "expiry",
  "refund_or_dispute",
  "anything",
] as const satisfies readonly (keyof typeof kindsOf | "anything")[];

export interface ChargeQuestion {
  readonly about: (typeof topics)[number];
  /** Whichever way they went. */
  readonly credits: number | undefined;
  /** ISO 8601, both included. */
  readonly from: string | undefined;
  readonly to: string | undefined;
}

/** All that one cause moved, the newest line first, and how it changed the total and what is set aside. */
interface Movement {
  readonly lines: readonly Transaction[];
  readonly credits: number;
  readonly held: number;
}

/** A movement that was looked for, by the line that it was looked for. */
export interface Found {
  readonly line: Transaction;
  readonly credits: number;
}

export interface Search {
  /** The newest first. */
  readonly found: readonly Found[];
  readonly looked: number;
}

const pageSize = 100;
const pagesMax = 10;
const foundMax = 6;

/**
 * Looks for what a question is about on the statement, from its newest line on, as far as 1,000 lines. What one cause took from
 * several lots stands on several lines, and is one charge.
 */
export async function findCharge(
  chargly: Chargly,
  customerId: string,
  question: ChargeQuestion,
  signal: AbortSignal,
): Promise<Search> {
  const listing = chargly.transactions.list(customerId, { limit: pageSize, signal });
  const lines: Transaction[] = [];
  let cursor: string | undefined;
  for (let pages = 1; ; pages++) {
    const page = await listing.page(cursor);
    lines.push(...page.data);
    const isLast = page.nextCursor === null || pages === pagesMax || isPast(lines.at(-1), question);
    // The cause of the last line may have moved more, on the next page.
    const found = movementsOf(lines, isLast).flatMap((each) => answersTo(question, each));
    if (isLast || found.length > 0)
      return { found: found.slice(0, foundMax), looked: lines.length };
    cursor = page.nextCursor ?? undefined;
  }
}

function isPast(line: Transaction | undefined, { from }: ChargeQuestion): boolean {
  return line !== undefined && from !== undefined && Date.parse(line.at) < Date.parse(from);
}

/** Lines of the same cause lie side by side. */
function movementsOf(lines: readonly Transaction[], withLast: boolean): readonly Movement[] {
  const groups: Transaction[][] = [];
  for (const line of lines) {
    const [first] = groups.at(-1) ?? [];
    const isSame = first?.cause.id === line.cause.id && first.cause.type === line.cause.type;
    if (isSame) groups.at(-1)?.push(line);
    else groups.push([line]);
  }
  return groups.slice(0, withLast ? undefined : -1).map((group, index) => {
    const before = groups[index + 1]?.[0]?.balance.held ?? 0;
    const after = group[0]?.balance.held ?? 0;
    return {
      lines: group,
      credits: totalOf(group.map(({ credits }) => credits)),
      held: totalOf([after, -before]),
    };
  });
}

/** A capture that closes its hold has a release beside it, so it is a charge by one of its lines. */
function answersTo(question: ChargeQuestion, { lines, credits, held }: Movement): readonly Found[] {
  const { about, from, to } = question;
  const kinds: readonly string[] | undefined = about === "anything" ? undefined : kindsOf[about];
  const line = lines.find(({ kind }) => kinds === undefined || kinds.includes(kind));
  if (line === undefined) return [];
  const atMs = Date.parse(line.at);
  // What is set aside changes no total.
  const moved = Math.abs(about === "hold" ? held : credits);
  const fits =
    (question.credits === undefined || moved === question.credits) &&
    (from === undefined || atMs >= Date.parse(from)) &&
    (to === undefined || atMs <= Date.parse(to));
  return fits ? [{ line, credits }] : [];
}
