import { formatMoney } from "../kernel/money.js";
import type { Difference, DiscrepancyClass, SumName, Sums } from "./rules.js";

export const totalClasses: readonly DiscrepancyClass[] = ["amount_mismatch"];

/** The same money, by Stripe's objects and by the movements of Stripe's balance. */
const controls = [
  { objects: "charged", balance: "balanceCharged", what: "charged" },
  { objects: "refunded", balance: "balanceRefunded", what: "refunded" },
  { objects: "disputed", balance: "balanceDisputed", what: "withdrawn for disputes" },
] as const satisfies readonly { objects: SumName; balance: SumName; what: string }[];

function subjectOf(objects: SumName, currency: string): string {
  return `total:${objects}:${currency}`;
}

/** The names that the totals of these currencies go by. */
export function totalSubjects(sums: Sums): readonly string[] {
  return Object.keys(sums).flatMap((currency) =>
    controls.map(({ objects }) => subjectOf(objects, currency)),
  );
}

/** The control totals that do not agree: objects that the balance knows nothing of, or the other way round. */
export function decideTotals(sums: Sums): readonly Difference[] {
  return Object.entries(sums).flatMap(([currency, amounts]) =>
    controls.flatMap(({ objects, balance, what }): readonly Difference[] => {
      const byObjects = amounts[objects] ?? 0n;
      const byBalance = amounts[balance] ?? 0n;
      if (byObjects === byBalance) return [];
      const said = (amountMinor: bigint) => formatMoney({ amountMinor, currency });
      return [
        {
          class: "amount_mismatch",
          subject: subjectOf(objects, currency),
          purchaseId: null,
          walletId: null,
          stripeObject: null,
          currency,
          bookedMinor: byObjects,
          stripeMinor: byBalance,
          expectedCredits: null,
          actualCredits: null,
          detail: `Stripe's lists say that ${said(byObjects)} was ${what}, its balance says ${said(byBalance)}. The next full run looks again; if it stays, compare the window's balance transactions in Stripe.`,
        },
      ];
    }),
  );
}
