import { isDeepStrictEqual } from "node:util";
import type { Credits } from "../kernel/credits.js";
import type { Trx } from "../platform/db/connect.js";
import type { Reversal } from "./returns/post-reversal.js";
import { keepReturns } from "./returns/store.js";
import {
  isOpen,
  nextCheckSeconds,
  type PaymentFacts,
  type Purchase,
  type Settlement,
} from "./rules.js";
import { type SettledColumns, updateSettled } from "./store.js";

/** What was decided, and what was posted for it. */
interface Posted {
  readonly settlement: Settlement;
  readonly reversal: Reversal;
}

/**
 * Writes what settling made of a purchase, under its lock. A look that finds nothing new leaves no trace, so that many
 * lookers do not send each other round again. Refunds and disputes that changed are news even when no credits moved:
 * facts that others have read before are old now.
 */
export async function keepSettlement(
  trx: Trx,
  purchase: Purchase,
  facts: PaymentFacts,
  { settlement, reversal }: Posted,
): Promise<Purchase> {
  const isNews = await keepFacts(trx, purchase, facts);
  const { state, problem, quarantine, reversed, disputed } = settlement;
  const columns: Columns = {
    state,
    problem,
    quarantine,
    granted: (purchase.granted + settlement.grant) as Credits,
    reversed,
    reversals: reversal.number,
    disputed,
    chargeId: facts.chargeId ?? purchase.chargeId,
    paymentIntentId: facts.paymentIntent?.id ?? purchase.paymentIntentId,
    checkoutSessionId: purchase.checkoutSessionId ?? facts.sessionId,
  };
  if (!isNews && isDeepStrictEqual(columns, columnsOf(purchase))) return purchase;
  const open = isOpen({ state, quarantinedAt: null }) && !quarantine;
  const checkAfterSeconds = open ? nextCheckSeconds(0) : null;
  return updateSettled(trx, purchase.id, { ...columns, checkAfterSeconds });
}

type Columns = Omit<SettledColumns, "checkAfterSeconds">;

function columnsOf(purchase: Purchase): Record<keyof Columns, unknown> {
  const { state, problem, granted, reversed, reversals, disputed } = purchase;
  const { chargeId, paymentIntentId, checkoutSessionId } = purchase;
  const quarantine = purchase.quarantinedAt !== null;
  return {
    state,
    problem,
    quarantine,
    granted,
    reversed,
    reversals,
    disputed,
    chargeId,
    paymentIntentId,
    checkoutSessionId,
  };
}

async function keepFacts(
  trx: Trx,
  { id: purchaseId, projectId }: Purchase,
  { returned, accountId, livemode }: PaymentFacts,
): Promise<boolean> {
  if (returned === null) return false;
  return keepReturns(trx, { purchaseId, projectId, accountId, livemode }, returned);
}
