import { creditsToJson, type Credits } from "../kernel/credits.js";
import { publicId } from "../kernel/ids.js";
import { renderMoney } from "../platform/http/schemas.js";
import { type LinkSetting, linksOf } from "./links.js";
import type { Difference, Discrepancy, Run } from "./rules.js";

/** A run as JSON, for scripts and pages. Sums are money by currency. */
export function renderRun(run: Run) {
  return {
    id: publicId("reconciliationRun", run.id),
    projectId: publicId("project", run.projectId),
    ring: run.ring,
    stripeAccount: run.accountId,
    livemode: run.livemode,
    dryRun: run.dryRun,
    from: run.windowFrom.toISOString(),
    to: run.windowTo.toISOString(),
    bridgedFrom: run.bridgedFrom?.toISOString() ?? null,
    state: run.state,
    phase: run.phase,
    counts: run.counts,
    sums: Object.fromEntries(
      Object.entries(run.sums).map(([currency, amounts]) => [
        currency,
        Object.fromEntries(
          Object.entries(amounts).map(([name, amountMinor]) => [
            name,
            renderMoney({ amountMinor, currency }),
          ]),
        ),
      ]),
    ),
    problem: run.problem,
    startedAt: run.startedAt.toISOString(),
    finishedAt: run.finishedAt?.toISOString() ?? null,
  };
}

/** A difference as JSON, written down or not, and where what it is about can be seen. */
export function renderDifference(
  found: Difference,
  where: Pick<Run | Discrepancy, "accountId" | "livemode">,
  setting: LinkSetting,
) {
  const { purchaseId, walletId, currency } = found;
  const money = (amountMinor: bigint | null) =>
    amountMinor === null || currency === null ? null : renderMoney({ amountMinor, currency });
  return {
    class: found.class,
    subject: found.subject,
    purchaseId: purchaseId === null ? null : publicId("purchase", purchaseId),
    walletId: walletId === null ? null : publicId("wallet", walletId),
    stripeObject: found.stripeObject,
    booked: money(found.bookedMinor),
    stripe: money(found.stripeMinor),
    expectedCredits: creditsOrNull(found.expectedCredits),
    actualCredits: creditsOrNull(found.actualCredits),
    detail: found.detail,
    links: linksOf(found, where, setting),
  };
}

/** A difference that was written down, as JSON. */
export function renderDiscrepancy(found: Discrepancy, setting: LinkSetting) {
  return {
    id: publicId("discrepancy", found.id),
    ...renderDifference(found, found, setting),
    stripeAccount: found.accountId,
    state: found.state,
    foundBy: publicId("reconciliationRun", found.foundBy),
    healingBy: found.healingBy === null ? null : publicId("reconciliationRun", found.healingBy),
    healedCredits: creditsOrNull(found.healedCredits),
    assignedCredits: creditsOrNull(found.assignedCredits),
    closedBy: found.closedBy,
    closedBecause: found.closedBecause,
    createdAt: found.createdAt.toISOString(),
    closedAt: found.closedAt?.toISOString() ?? null,
  };
}

function creditsOrNull(credits: Credits | null): number | null {
  return credits === null ? null : creditsToJson(credits);
}
