import { present } from "../kernel/assert.js";
import type { Credits } from "../kernel/credits.js";
import type { PurchaseId } from "../kernel/ids.js";
import type { Trx } from "../platform/db/connect.js";
import type { StripeAccess } from "../tenancy/read-stripe-access.js";
import { askStripe } from "../platform/stripe-client/stripe-error.js";
import { compareGrants } from "./compare-grants.js";
import { compareLedger } from "./compare-ledger.js";
import { comparePage } from "./compare-page.js";
import type { ComparedPage, Differing } from "./compare-payments.js";
import type { ReconcileContext } from "./context.js";
import { grantClasses, paymentClasses } from "./decide-difference.js";
import { addCounts, addSums } from "./decide-tally.js";
import { decideTotals, totalClasses, totalSubjects } from "./decide-totals.js";
import { objectWindow } from "./decide-window.js";
import { returnClasses } from "./decide-return.js";
import { healPurchases } from "./heal-purchases.js";
import { ingestPage } from "./ingest-page.js";
import { type ListedPage, type ListPhase, listPage, retrieveReturn } from "./list-page.js";
import type { PageResult } from "./page-result.js";
import type { Difference, DiscrepancyClass, Phase, Run } from "./rules.js";
import { closeGone, recordDifferences } from "./store/discrepancies.js";
import { warningsPage } from "./take-warnings.js";
import { insertSightings } from "./store/sightings.js";

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
    case "warnings":
      return warningsPage(tools.ctx, stripeOf(tools), tools.run, cursor);
    case "ledger":
      return ledgerPage(tools, cursor);
    case "grants":
      return grantsPage(tools, cursor);
    case "totals":
      return resultOf(tools, {
        subjects: totalSubjects(tools.run.sums),
        classes: totalClasses,
        differences: decideTotals(tools.run.sums),
      });
    default:
      return comparedPage(tools, phase, cursor);
  }
}

function stripeOf({ access }: PageTools): StripeAccess {
  return present(access, "a ring that asks Stripe has access to it");
}

async function ledgerPage(tools: PageTools, cursor: string | null): Promise<PageResult> {
  const { ctx, run, signal } = tools;
  const { next, rules, ...compared } = await compareLedger(ctx, run, cursor, signal);
  return { ...resultOf(tools, compared), counts: { rules }, next };
}

async function grantsPage(tools: PageTools, cursor: string | null): Promise<PageResult> {
  const { stripe } = stripeOf(tools);
  const { next, ...compared } = await compareGrants(tools.ctx.db, stripe, tools.run, cursor);
  return { ...resultOf(tools, { ...compared, classes: grantClasses }), next };
}

async function comparedPage(
  tools: PageTools,
  phase: ListPhase,
  cursor: string | null,
): Promise<PageResult> {
  const { ctx } = tools;
  const run = objectWindow(tools.run);
  const { stripe } = stripeOf(tools);
  const page = await askStripe(() => listPage(stripe, phase, run, cursor));
  // Refunds, disputes and the balance lead to charges. Those of the window have been compared among the charges.
  const isFirst = phase === "sessions" || phase === "charges";
  const payments = page.payments.filter(({ createdAt }) => isFirst || createdAt < run.windowFrom);
  const listed = { payments, returns: page.returns };
  const first = await comparePage(ctx.db, run, listed);
  const last = await healed(tools, first, listed);
  const result = resultOf(tools, {
    subjects: first.subjects,
    classes: [...paymentClasses, ...returnClasses],
    differences: last.differing.map(({ difference }) => difference),
    credits: last.credits,
    sighted: last.sighted,
  });
  return {
    ...result,
    next: page.next,
    counts: addCounts(page.counts, { payments: first.payments }),
    sums: phase === "charges" ? addSums(page.sums, last.sums) : page.sums,
  };
}

type Listed = Pick<ListedPage, "payments" | "returns">;

/** Writes down what differs, settles what can be healed, and looks again. The order makes a kill in between harmless. */
async function healed(
  tools: PageTools,
  compared: ComparedPage,
  listed: Listed,
): Promise<ComparedPage> {
  const { ctx, asHolder, takeHeals } = tools;
  const run = objectWindow(tools.run);
  const healable = compared.differing.filter(({ heal }) => heal !== undefined);
  if (run.dryRun || healable.length === 0) return compared;
  const chosen = new Set<Differing>(healable.slice(0, takeHeals(healable.length)));
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
  const orders = [...chosen].map(({ heal }) => heal).filter((order) => order !== undefined);
  await healPurchases(ctx, run.projectId, orders);
  const after = await comparePage(ctx.db, run, listed);
  return isSettled(after) ? after : comparePage(ctx.db, run, await listAgain(tools, after, listed));
}

function isSettled({ differing }: ComparedPage): boolean {
  return !differing.some(({ difference }) => returnClasses.includes(difference.class));
}

/** What was listed a while ago may be older than what settling has read since; so the few that still differ are read again. */
async function listAgain(
  tools: PageTools,
  { differing }: ComparedPage,
  listed: Listed,
): Promise<Listed> {
  const { stripe } = stripeOf(tools);
  const unsettled = new Set(differing.map(({ difference }) => difference.subject));
  const returns = [];
  for (const returned of listed.returns)
    returns.push(
      unsettled.has(returned.id)
        ? await askStripe(() => retrieveReturn(stripe, returned))
        : returned,
    );
  return { ...listed, returns };
}

/** What a comparison looked at, and what differs. */
interface Comparison {
  readonly subjects: readonly string[];
  readonly classes: readonly DiscrepancyClass[];
  readonly differences: readonly Difference[];
  /** By subject: the credits that were given or taken back, as it is now. */
  readonly credits?: ReadonlyMap<string, Credits>;
  /** Purchases whose payments were met. */
  readonly sighted?: readonly PurchaseId[];
}

function resultOf({ run }: PageTools, compared: Comparison): PageResult {
  const { differences, sighted = [] } = compared;
  return {
    counts: {},
    sums: {},
    next: null,
    differences,
    write: async (trx) => {
      await insertSightings(trx, run, sighted);
      if (run.dryRun) return { found: differences.length };
      const found = differences.map((difference) => ({ difference, willHeal: false }));
      await recordDifferences(trx, run, found);
      const gone = await closeGone(trx, run, { credits: new Map(), ...compared });
      return { ...gone, found: differences.length + gone.healed };
    },
  };
}
