import { ApiError, invalidRequest } from "../api-error.js";
import type { ChargeRecord } from "../resources/charge.js";
import type { DisputeRecord } from "../resources/dispute.js";
import { born, type Scene } from "../simulation.js";
import { shownNumber, shownText } from "../store/record-base.js";
import { change, emit, keep } from "./emit.js";
import { disputeFee, moveBalance } from "./move-balance.js";
import { refreshWarnings } from "./warn-of-fraud.js";

/** A dispute as the cardholder's bank opens it; the amount is whole minor units, null for the whole charge. */
export interface DisputeRequest {
  readonly amount: number | null;
  readonly inquiry: boolean;
  readonly reason: string;
}

/** Opens a dispute. One that is not an inquiry takes its money at once, as at Stripe. */
export function disputeCharge(
  scene: Scene,
  charge: ChargeRecord,
  request: DisputeRequest,
): DisputeRecord {
  if (charge.status !== "succeeded") {
    throw invalidRequest(`Charge ${charge.id} has not succeeded and cannot be disputed.`);
  }
  const amount = request.amount ?? shownNumber(charge, "amount", charge.amount);
  if (amount < 1) throw invalidRequest("The disputed amount must be at least 1.", "amount");
  const dispute = keep<DisputeRecord>(scene, {
    ...born(scene, "du"),
    kind: "dispute",
    amount,
    balanceTransactions: [],
    charge: charge.id,
    currency: shownText(charge, "currency", charge.currency),
    evidence: {},
    livemode: charge.livemode,
    metadata: {},
    paymentIntent: charge.paymentIntent,
    reason: request.reason,
    status: request.inquiry ? "warning_needs_response" : "needs_response",
    submissionCount: 0,
  });
  refreshWarnings(scene, keep(scene, { ...charge, disputed: true }));
  if (request.inquiry) {
    emit(scene, "charge.dispute.created", dispute);
    return dispute;
  }
  const withdrawn = takeMoney(scene, dispute);
  emit(scene, "charge.dispute.created", withdrawn);
  emit(scene, "charge.dispute.funds_withdrawn", withdrawn);
  return withdrawn;
}

/** What the dispute holds back now: withdrawn less reinstated, in whole minor units. */
export function withheld(scene: Scene, dispute: DisputeRecord): number {
  let sum = 0;
  for (const id of dispute.balanceTransactions) {
    sum -= scene.book.find("balance_transaction", id)?.amount ?? 0;
  }
  return sum;
}

function takeMoney(scene: Scene, dispute: DisputeRecord): DisputeRecord {
  return move(scene, dispute, -dispute.amount);
}

function move(scene: Scene, dispute: DisputeRecord, amount: number): DisputeRecord {
  const back = amount > 0;
  const entry = moveBalance(scene, {
    type: "adjustment",
    reportingCategory: back ? "dispute_reversal" : "dispute",
    amount,
    currency: dispute.currency,
    fee: back ? -disputeFee : disputeFee,
    source: dispute.id,
    description: `${back ? "Chargeback reversal" : "Chargeback withdrawal"} for ${dispute.charge}`,
  });
  const balanceTransactions = [...dispute.balanceTransactions, entry.id];
  return keep(scene, { ...dispute, balanceTransactions });
}

/** Takes the money of a dispute: an inquiry becomes a chargeback, or a won one is taken again. */
export function withdrawFunds(scene: Scene, dispute: DisputeRecord): DisputeRecord {
  if (withheld(scene, dispute) > 0) {
    throw new ApiError(400, `The funds of ${dispute.id} are withdrawn already.`);
  }
  const moved = takeMoney(scene, dispute);
  const escalated: DisputeRecord = moved.status.startsWith("warning")
    ? { ...moved, status: "needs_response" }
    : moved;
  if (escalated !== moved) change(scene, "charge.dispute.updated", dispute, escalated);
  emit(scene, "charge.dispute.funds_withdrawn", escalated);
  return escalated;
}

/** Gives the money of a dispute back. */
export function reinstateFunds(scene: Scene, dispute: DisputeRecord): DisputeRecord {
  const amount = withheld(scene, dispute);
  if (amount <= 0) throw new ApiError(400, `No funds of ${dispute.id} are withdrawn.`);
  const moved = move(scene, dispute, amount);
  emit(scene, "charge.dispute.funds_reinstated", moved);
  return moved;
}

/** Closes a dispute. A won one gives the money back, unless that was done before. */
export function closeDispute(
  scene: Scene,
  dispute: DisputeRecord,
  status: "won" | "lost" | "warning_closed",
): DisputeRecord {
  const closed = keep<DisputeRecord>(scene, { ...dispute, status });
  const returned =
    status === "won" && withheld(scene, closed) > 0 ? reinstateFunds(scene, closed) : closed;
  emit(scene, "charge.dispute.closed", returned, { status: dispute.status });
  return returned;
}
