import type { Credits } from "../kernel/credits.js";
import { type ProjectId, publicId } from "../kernel/ids.js";
import { Refusal } from "../kernel/refusals.js";
import type { Database, Trx } from "../platform/db/connect.js";
import { inTransaction } from "../platform/db/transaction.js";
import { recordAudit } from "../tenancy/record-audit.js";
import { grantCredits } from "../wallets/grant-credits.js";
import type { Discrepancy, DiscrepancyId } from "./rules.js";
import { closeDiscrepancy, closeForeign, lockDiscrepancy } from "./store/discrepancies.js";

interface Case {
  readonly projectId: ProjectId;
  readonly id: DiscrepancyId;
  /** For people, and for the audit log. */
  readonly reason: string;
}

export interface Assignment extends Case {
  /** Whose payment it is, by the caller's own id. */
  readonly customerId: string;
  /** What the payment is worth: more than nothing. */
  readonly credits: Credits;
}

/**
 * Gives the credits of a payment that no purchase explains to a customer, once, as a grant by an operator. No run
 * reports that payment again.
 *
 * @param actor `cli:<user>`, `operator:<user>`; see the audit log
 * @throws Refusal `not_found`; `conflict` when it is closed, or no payment of nobody; what granting refuses
 */
export async function assignCase(
  trx: Trx,
  { projectId, id, customerId, credits, reason }: Assignment,
  actor: string,
): Promise<Discrepancy> {
  const open = await lockOpen(trx, projectId, id);
  if (open.class !== "orphan_payment")
    throw new Refusal("conflict", {
      detail: `Only a payment that no purchase explains can be assigned; this is ${open.class}. Dismiss it with a reason, or put right what it names.`,
    });
  const grant = { projectId, customerId, credits, reason };
  const { id: adjustmentId, wallet } = await grantCredits(trx, grant, actor);
  await recordAudit(trx, {
    projectId,
    actor,
    action: "case.assign",
    subject: publicId("discrepancy", id),
    details: {
      payment: open.stripeObject,
      adjustment: publicId("adjustment", adjustmentId),
      reason,
    },
  });
  return closeDiscrepancy(trx, {
    id,
    state: "assigned",
    closedBy: actor,
    closedBecause: reason,
    walletId: wallet.id,
    assignedCredits: credits,
    adjustmentId,
  });
}

/**
 * Closes a difference that needs nobody. It is not reported again as long as it says the same.
 *
 * @param actor `cli:<user>`, `operator:<user>`; see the audit log
 * @throws Refusal `not_found`, or `conflict` when it is closed
 */
export async function dismissCase(
  trx: Trx,
  { projectId, id, reason }: Case,
  actor: string,
): Promise<Discrepancy> {
  const open = await lockOpen(trx, projectId, id);
  await recordAudit(trx, {
    projectId,
    actor,
    action: "case.dismiss",
    subject: publicId("discrepancy", id),
    details: { class: open.class, of: open.subject, reason },
  });
  return closeDiscrepancy(trx, { id, state: "dismissed", closedBy: actor, closedBecause: reason });
}

/**
 * Dismisses every open payment that is not for a purchase of ours: those of another shop with the same Stripe account. A
 * second payment for a purchase stays open, since it is a customer's money. A few hundred commit at a time, with one line of the
 * audit log each, so that it may be cut off and begun again.
 *
 * @param actor `cli:<user>`, `operator:<user>`; see the audit log
 * @returns how many
 */
export async function dismissForeign(
  db: Database,
  { projectId, reason }: Omit<Case, "id">,
  actor: string,
): Promise<number> {
  let dismissed = 0;
  for (;;) {
    const closed = await inTransaction(db, async (trx) => {
      const cases = await closeForeign(trx, { projectId, actor, reason, limit: foreignPerCommit });
      if (cases > 0)
        await recordAudit(trx, {
          projectId,
          actor,
          action: "case.dismiss-foreign",
          subject: publicId("project", projectId),
          details: { cases, reason },
        });
      return cases;
    });
    dismissed += closed;
    if (closed < foreignPerCommit) return dismissed;
  }
}

const foreignPerCommit = 500;

async function lockOpen(trx: Trx, projectId: ProjectId, id: DiscrepancyId): Promise<Discrepancy> {
  const found = await lockDiscrepancy(trx, projectId, id);
  if (found === undefined)
    throw new Refusal("not_found", { detail: "The project has no such case." });
  if (found.state === "open") return found;
  throw new Refusal("conflict", { detail: `The case is ${found.state} already.` });
}
