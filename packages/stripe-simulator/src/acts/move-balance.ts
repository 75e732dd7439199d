import type {
  BalanceTransactionRecord,
  BalanceTransactionType,
} from "../resources/balance-transaction.js";
import { born, type Scene } from "../simulation.js";
import { keep } from "./emit.js";

/** A movement of the balance, in whole minor units; negative takes money out. */
export interface Movement {
  readonly type: BalanceTransactionType;
  readonly reportingCategory: string;
  readonly amount: number;
  readonly currency: string;
  readonly fee?: number;
  readonly source: string;
  readonly description: string | null;
}

const availableAfterSeconds = 2 * 86_400;

/** Stripe's usual fee for a card payment: 2.9 % and 30 minor units. */
export function processingFee(amount: number): number {
  return Math.min(amount, Math.round(amount * 0.029) + 30);
}

/** The fee of a dispute that takes money. */
export const disputeFee = 1_500;

/** Writes one balance transaction. */
export function moveBalance(scene: Scene, movement: Movement): BalanceTransactionRecord {
  const { id, created } = born(scene, "txn");
  const disputed = movement.reportingCategory.startsWith("dispute");
  return keep(scene, {
    kind: "balance_transaction",
    id,
    created,
    amount: movement.amount,
    availableOn: created + (movement.amount > 0 ? availableAfterSeconds : 0),
    currency: movement.currency,
    description: movement.description,
    fee: movement.fee ?? 0,
    feeDescription: disputed ? "Dispute fee" : "Stripe processing fees",
    reportingCategory: movement.reportingCategory,
    source: movement.source,
    type: movement.type,
  });
}
