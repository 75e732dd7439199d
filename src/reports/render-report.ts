import { z } from "zod";
import { type Credits, formatCredits } from "../kernel/credits.js";
import { timeOut } from "../platform/http/schemas.js";
import { exampleMonth } from "./examples.js";
import {
  type Account,
  type CurrencyReport,
  debtLinesIn,
  debtLinesOut,
  linesIn,
  linesOut,
  type MonthReport,
} from "./rules.js";

const creditDigits = z.string().meta({
  description:
    "Credits by their digits: a sum over all wallets may have more of them than a JSON number keeps.",
  examples: ["547.5"],
});
const minor = z.int().meta({ description: "Whole minor units of the currency.", examples: [999] });

/** The lines of an account, each with the same kind of amount. */
function accountOf<Amount extends z.ZodType>(amount: Amount) {
  return z.object({
    atStart: amount,
    sold: amount.meta({ description: "In: bought by customers." }),
    granted: amount.meta({ description: "In: given for nothing." }),
    corrected: amount.meta({ description: "In: corrections upwards." }),
    givenBack: amount.meta({
      description: "In: reversed before, and given back, as a refund failed or a dispute was won.",
    }),
    repaymentReturned: amount.meta({
      description: "In: had paid a debt that a reversal had made, and that is no more.",
    }),
    consumed: amount.meta({ description: "Out: used, held before or not." }),
    debtRepaid: amount.meta({ description: "Out: paid for what was used before it was there." }),
    expired: amount.meta({ description: "Out: not used in time." }),
    withdrawn: amount.meta({ description: "Out: corrections downwards." }),
    reversed: amount.meta({
      description: "Out: taken back, as the money of a purchase went back.",
    }),
    atEnd: amount,
  });
}

const creditAccount = accountOf(creditDigits).meta({ id: "CreditAccount" });

export const monthReportJson = z
  .object({
    month: z.string().meta({ examples: ["2026-11"] }),
    from: timeOut,
    to: timeOut,
    closed: z
      .boolean()
      .meta({ description: "True once the month is over and nothing of it can change any more." }),
    credits: creditAccount.meta({ description: "All that customers have, what is held included." }),
    given: creditAccount.meta({ description: "Those among them that nobody paid for." }),
    currencies: z.array(
      z.object({
        currency: z.string().meta({ examples: ["usd"] }),
        credits: creditAccount.meta({ description: "Those that were bought in this currency." }),
        deferred: accountOf(minor).meta({
          description: "What was paid for them and is not earned yet.",
        }),
        refunded: minor.meta({
          description:
            "What went back with reversals of purchases, less what came again: the share of their cost, not what Stripe moved.",
        }),
        recognised: z
          .object({
            usage: minor,
            expired: minor,
            withdrawn: minor,
            refunded: minor.meta({
              description: "Below zero: money that went back after it had been earned.",
            }),
            total: minor,
          })
          .meta({
            description:
              "What was earned: total = sold - refunded - (deferred atEnd - deferred atStart).",
          }),
      }),
    ),
    debt: z
      .object({
        atStart: creditDigits,
        overdrawn: creditDigits.meta({ description: "In: used on credit." }),
        reversed: creditDigits.meta({
          description: "In: to be taken back, and used already.",
        }),
        repaymentReturned: creditDigits.meta({ description: "In: its payment was returned." }),
        repaid: creditDigits.meta({ description: "Out: paid by credits that came in." }),
        givenBack: creditDigits.meta({ description: "Out: reversed before, and no more." }),
        atEnd: creditDigits,
      })
      .meta({ description: "What wallets owe." }),
  })
  .meta({ id: "MonthReport", examples: [exampleMonth] });

/** A month's report as JSON. */
export function renderReport(report: MonthReport): z.output<typeof monthReportJson> {
  const { month, closed, credits, given, currencies, debt } = report;
  const lines = [...linesIn, ...linesOut] as const;
  return {
    month: month.name,
    from: month.from.toISOString(),
    to: month.to.toISOString(),
    closed,
    credits: rendered(credits, lines, formatCredits),
    given: rendered(given, lines, formatCredits),
    currencies: currencies.map((each) => renderCurrency(each)),
    debt: rendered(debt, [...debtLinesIn, ...debtLinesOut], formatCredits),
  };
}

function renderCurrency({ currency, credits, deferred, refunded, recognised }: CurrencyReport) {
  const lines = [...linesIn, ...linesOut] as const;
  const { usage, expired, withdrawn, refunded: fromEarned, total } = recognised;
  return {
    currency,
    credits: rendered<(typeof lines)[number], Credits, string>(credits, lines, formatCredits),
    deferred: rendered(deferred, lines, Number),
    refunded: Number(refunded),
    recognised: {
      usage: Number(usage),
      expired: Number(expired),
      withdrawn: Number(withdrawn),
      refunded: Number(fromEarned),
      total: Number(total),
    },
  };
}

function rendered<L extends string, Amount extends bigint, Shown>(
  account: Account<L, Amount>,
  lines: readonly L[],
  show: (amount: Amount) => Shown,
): Record<L | "atStart" | "atEnd", Shown> {
  const entries = lines.map((line) => [line, show(account[line])] as const);
  return Object.fromEntries([
    ["atStart", show(account.start)],
    ...entries,
    ["atEnd", show(account.end)],
  ]) as Record<L | "atStart" | "atEnd", Shown>;
}
