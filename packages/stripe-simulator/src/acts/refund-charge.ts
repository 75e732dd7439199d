import { ApiError, invalidRequest } from "../api-error.js";
import type { Metadata } from "../params/read.js";
import type { ChargeRecord } from "../resources/charge.js";
import { isRefundCounted, type RefundRecord, type RefundStatus } from "../resources/refund.js";
import { born, type Scene } from "../simulation.js";
import { shownNumber, shownText } from "../store/record-base.js";
import { change, emit, keep } from "./emit.js";
import { moveBalance } from "./move-balance.js";
import { refreshWarnings } from "./warn-of-fraud.js";

/** A refund as it is asked for; the amount is whole minor units, null for all that is left. */
export interface RefundRequest {
  readonly amount: number | null;
  readonly reason: string | null;
  readonly metadata: Metadata;
  readonly status: RefundStatus;
}

function checkAmount(charge: ChargeRecord, amount: number): void {
  const left = shownNumber(charge, "amount", charge.amount) - charge.amountRefunded;
  if (charge.status !== "succeeded") {
    throw invalidRequest(`Charge ${charge.id} has not succeeded and cannot be refunded.`);
  }
  if (left <= 0) {
    throw invalidRequest(
      `Charge ${charge.id} has already been refunded.`,
      undefined,
      "charge_already_refunded",
    );
  }
  if (amount < 1) {
    throw invalidRequest(
      "This value must be greater than or equal to 1.",
      "amount",
      "parameter_invalid_integer",
    );
  }
  if (amount > left) {
    throw invalidRequest(
      `Refund amount (${amount}) is greater than unrefunded amount on charge (${left})`,
      "amount",
    );
  }
}

/** Refunds a charge, in whole or in part. */
export function refundCharge(
  scene: Scene,
  charge: ChargeRecord,
  request: RefundRequest,
): RefundRecord {
  const left = shownNumber(charge, "amount", charge.amount) - charge.amountRefunded;
  const amount = request.amount ?? left;
  checkAmount(charge, amount);
  if (isDisputed(scene, charge)) {
    throw invalidRequest(
      `Charge ${charge.id} has been charged back; cannot issue a refund.`,
      undefined,
      "charge_disputed",
    );
  }
  const draft: RefundRecord = {
    ...born(scene, charge.method === "card" ? "re" : "pyr"),
    kind: "refund",
    amount,
    balanceTransaction: null,
    charge: charge.id,
    currency: shownText(charge, "currency", charge.currency),
    customer: charge.customer,
    failureBalanceTransaction: null,
    failureReason: null,
    metadata: request.metadata,
    paymentIntent: charge.paymentIntent,
    paymentMethod: charge.paymentMethod,
    reason: request.reason,
    status: request.status === "failed" ? "pending" : request.status,
  };
  const refund = keep(scene, draft.status === "succeeded" ? payBack(scene, draft) : draft);
  emit(scene, "refund.created", refund);
  const charged = countRefunds(scene, charge, true);
  if (request.status === "failed") return setRefundStatus(scene, refund, "failed");
  refreshWarnings(scene, charged);
  return refund;
}

function isDisputed(scene: Scene, charge: ChargeRecord): boolean {
  return scene.book
    .by("dispute", "charge", charge.id)
    .some((dispute) => !dispute.status.startsWith("warning") && dispute.status !== "won");
}

function payBack(scene: Scene, refund: RefundRecord): RefundRecord {
  const entry = moveBalance(scene, {
    type: "refund",
    reportingCategory: "refund",
    amount: -refund.amount,
    currency: refund.currency,
    source: refund.id,
    description: "REFUND FOR CHARGE",
  });
  return { ...refund, status: "succeeded", balanceTransaction: entry.id };
}

/** Brings the charge's refunded total up to date; a rise is told with `charge.refunded`. */
function countRefunds(scene: Scene, charge: ChargeRecord, tell: boolean): ChargeRecord {
  const refunds = scene.book.by("refund", "charge", charge.id);
  const amountRefunded = refunds
    .filter((refund) => isRefundCounted(refund.status))
    .reduce((sum, refund) => sum + refund.amount, 0);
  const next = { ...charge, amountRefunded };
  return tell ? change(scene, "charge.refunded", charge, next) : keep(scene, next);
}

const moves: Readonly<Record<RefundStatus, readonly RefundStatus[]>> = {
  pending: ["requires_action", "succeeded", "failed", "canceled"],
  requires_action: ["pending", "succeeded", "failed", "canceled"],
  succeeded: ["failed"],
  failed: [],
  canceled: [],
};

/** Moves a refund on, gives the money back to the balance when it fails, and tells of it. */
export function setRefundStatus(
  scene: Scene,
  refund: RefundRecord,
  status: RefundStatus,
): RefundRecord {
  if (!moves[refund.status].includes(status)) {
    throw new ApiError(400, `A refund with status ${refund.status} cannot become ${status}.`);
  }
  const next = status === "succeeded" ? payBack(scene, refund) : ended(scene, refund, status);
  const changed = change(scene, "refund.updated", refund, next);
  emit(scene, "charge.refund.updated", changed);
  if (status === "failed") emit(scene, "refund.failed", changed);
  const charge = scene.book.find("charge", refund.charge);
  if (charge && !isRefundCounted(status)) countRefunds(scene, charge, false);
  return changed;
}

function ended(scene: Scene, refund: RefundRecord, status: RefundStatus): RefundRecord {
  if (status !== "failed") return { ...refund, status };
  const failed: RefundRecord = {
    ...refund,
    status,
    failureReason: "expired_or_canceled_card",
  };
  if (refund.balanceTransaction === null) return failed;
  const entry = moveBalance(scene, {
    type: "refund_failure",
    reportingCategory: "refund_failure",
    amount: refund.amount,
    currency: refund.currency,
    source: refund.id,
    description: "REFUND FAILURE",
  });
  return { ...failed, failureBalanceTransaction: entry.id };
}
