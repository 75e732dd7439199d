import { present } from "../kernel/assert.js";
import type { Trx } from "../platform/db/connect.js";
import type { StripeAccess } from "../tenancy/read-stripe-access.js";
import { askStripe } from "../platform/stripe-client/stripe-error.js";
import { compareLedger } from "./compare-ledger.js";
import {
  comparePayments,
  type ComparedPayments,
  type DifferingPayment,
} from "./compare-payments.js";
import type { ReconcileContext } from "./context.js";
import { paymentClasses } from "./decide-difference.js";
import { addCounts, addSums } from "./decide-tally.js";
import { decideTotals, totalClasses, totalSubjects } from "./decide-totals.js";
import { healPayments } from "./heal-payments.js";
import { ingestPage } from "./ingest-page.js";
import { type ListPhase, listPage } from "./list-page.js";
import type { PageResult } from "./page-result.js";
import type { Difference, DiscrepancyClass, Phase, Run } from "./rules.js";
import { closeGone, recordDifferences } from "./store/discrepancies.js";

/** What a page is compared with. */
export interface PageTools {
  readonly ctx: ReconcileContext;
  /** Undefined for the ledger's own ring. */
  readonly access: StripeAccess | undefined;
  readonly run: Run;
  readonly signal: AbortSignal;
  /** Runs in a transaction that only the holder of the run gets. */
  readonly asHolder: <T>(work: (trx: Trx) => Promise<T>) => Promise<T>;
  /** Takes up to so many heals off what the run may still heal, and answers how many. */
  readonly takeHeals: (wanted: number) => number;
}

/** Reads one page of a list, compares it, and heals what is certain. */
export async function runPage(
  tools: PageTools,
  phase: Phase,
  cursor: string | null,
): Promise<PageResult> {
  switch (phase) {
    case "events":
      return ingestPage(tools.ctx, stripeOf(tools), tools.run, cursor);
    case "ledger":
      return resultOf(tools, await compareLedger(tools.ctx, tools.run, tools.signal));
    case "totals":
      return resultOf(tools, {
        subjects: totalSubjects(tools.run.sums),
        classes: totalClasses,
        differences: decideTotals(tools.run.sums),
      });
    default:
      return payments(tools, phase, cursor);
  }
}

function stripeOf({ access }: PageTools): StripeAccess {
  return present(access, "a ring that asks Stripe has access to it");
}

async function payments(
  tools: PageTools,
  phase: ListPhase,
  cursor: string | null,
): Promise<PageResult> {
  const { ctx, run } = tools;
  const { stripe } = stripeOf(tools);
  const page = await askStripe(() => listPage(stripe, phase, run, cursor));
  // Refunds, disputes and the balance lead to charges. Those of the window have been compared among the charges.
  const isFirst = phase === "sessions" || phase === "charges";
  const listed = page.payments.filter(({ createdAt }) => isFirst || createdAt < run.windowFrom);
  const first = await comparePayments(ctx.db, run, listed);
  const last = await healed(tools, first, listed);
  const result = resultOf(tools, {
    subjects: first.subjects,
    classes: paymentClasses,
    differences: last.differing.map(({ difference }) => difference),
  });
  return {
    ...result,
    next: page.next,
    counts: addCounts(page.counts, { payments: first.payments }),
    sums: phase === "charges" ? addSums(page.sums, last.sums) : page.sums,
  };
}

/** Writes down what differs, settles what can be healed, and looks again. The order makes a kill in between harmless. */
async function healed(
  { ctx, run, asHolder, takeHeals }: PageTools,
  compared: ComparedPayments,
  listed: Parameters<typeof comparePayments>[2],
): Promise<ComparedPayments> {
  const healable = compared.differing.filter(({ canHeal }) => canHeal);
  if (run.dryRun || healable.length === 0) return compared;
  const chosen = new Set<DifferingPayment>(healable.slice(0, takeHeals(healable.length)));
  if (chosen.size === 0) return compared;
  await asHolder((trx) =>
    recordDifferences(
      trx,
      run,
      compared.differing.map((each) => ({
        difference: each.difference,
        willHeal: chosen.has(each),
      })),
    ),
  );
  await healPayments(ctx, run.projectId, [...chosen]);
  return comparePayments(ctx.db, run, listed);
}

/** What a comparison looked at, and what differs. */
interface Comparison {
  readonly subjects: readonly string[];
  readonly classes: readonly DiscrepancyClass[];
  readonly differences: readonly Difference[];
}

function resultOf({ run }: PageTools, { subjects, classes, differences }: Comparison): PageResult {
  return {
    counts: {},
    sums: {},
    next: null,
    differences,
    write: async (trx) => {
      if (run.dryRun) return { found: differences.length };
      const found = differences.map((difference) => ({ difference, willHeal: false }));
      await recordDifferences(trx, run, found);
      const gone = await closeGone(trx, run, { subjects, classes, differences });
      return { ...gone, found: differences.length + gone.healed };
    },
  };
}
