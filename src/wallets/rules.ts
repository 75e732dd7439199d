import type { Credits } from "../kernel/credits.js";
import { assert } from "../kernel/assert.js";
import { parsePublicId, publicId, type WalletId } from "../kernel/ids.js";
import { approve, refuse, type Verdict } from "../kernel/verdict.js";
import type { TransferKind } from "../ledger/movements.js";

export const reasonLengthMax = 500;
export const expiresInDaysMax = 3_650;

/** What an operator does to a wallet by hand, and why. */
export interface Adjustment {
  /** In for positive, out for negative; never nothing. */
  readonly credits: Credits;
  /** For people: it stands on the customer's statement and in the audit log. */
  readonly reason: string;
  /** Days until given credits expire; `null` never. */
  readonly expiresInDays: number | null;
}

/** Refuses with `invalid_request` what the ledger could not keep or nobody could understand later. */
export function checkAdjustment(adjustment: Adjustment): Verdict<Adjustment> {
  const { credits, reason, expiresInDays } = adjustment;
  if (credits === 0n)
    return refuse("invalid_request", { param: "credits", detail: "Move more than 0 credits." });
  if (reason.trim() === "" || reason.length > reasonLengthMax)
    return refuse("invalid_request", {
      param: "reason",
      detail: `Say why, in 1 to ${reasonLengthMax} characters. The customer reads it too.`,
    });
  if (expiresInDays !== null && !isWholeBetween(1, expiresInDays, expiresInDaysMax))
    return refuse("invalid_request", {
      param: "expiresInDays",
      detail: `Credits expire after 1 to ${expiresInDaysMax} days, or never.`,
    });
  return approve(adjustment);
}

function isWholeBetween(min: number, value: number, max: number): boolean {
  return Number.isInteger(value) && value >= min && value <= max;
}

/** By kind of transfer: how a line begins, with what is known of it behind, or alone when nothing is. */
const sentences = {
  purchase: { told: "Bought", alone: "Bought credits" },
  promotion: { told: "Given:", alone: "Given" },
  correction_in: { told: "Corrected:", alone: "Corrected" },
  correction_out: { told: "Corrected:", alone: "Corrected" },
  spend: { told: "Used:", alone: "Used" },
  overdraft: { told: "Used on credit:", alone: "Used on credit" },
  hold: { told: "Set aside:", alone: "Set aside" },
  capture: { told: "Used from what was set aside:", alone: "Used from what was set aside" },
  release: { told: "No longer set aside:", alone: "No longer set aside" },
  expire: { told: "Expired:", alone: "Expired" },
  debt_repayment: { told: "Paid back what was owed, from:", alone: "Paid back what was owed" },
  reversal: { told: "Taken back:", alone: "Taken back" },
  reversal_debt: { told: "Taken back, and owed:", alone: "Taken back, and owed" },
  reinstatement: { told: "Given back:", alone: "Given back" },
  reinstatement_debt: { told: "No longer owed:", alone: "No longer owed" },
  repayment_returned: {
    told: "Returned what was paid for what was owed:",
    alone: "Returned what was paid for what was owed",
  },
} as const satisfies Record<TransferKind, { readonly told: string; readonly alone: string }>;

/**
 * A transfer in human words: `Bought 500 credits for $9.99`, `Given: welcome credits`.
 *
 * @param memo what was bought, or the reason an operator gave
 */
export function describeTransfer(kind: TransferKind, memo: string | null): string {
  const { told, alone } = sentences[kind];
  return memo === null ? alone : `${told} ${memo}`;
}

const walletPrefix = "wal_";

/**
 * The public id of a transfer: `txn_`, the letters of its wallet's id, and its number within the wallet. It is
 * made of what the ledger has, so it needs no column and never changes.
 */
export function transactionId(walletId: WalletId, seq: bigint): string {
  assert(seq > 0n, "the first transfer has the number 1");
  return `txn_${publicId("wallet", walletId).slice(walletPrefix.length)}_${seq}`;
}

/** Reads a {@link transactionId} back, or `undefined` when it is malformed. */
export function parseTransactionId(
  text: string,
): { readonly walletId: WalletId; readonly seq: bigint } | undefined {
  const [, suffix = "", digits = ""] = /^txn_([0-9a-z]{26})_([1-9]\d{0,17})$/.exec(text) ?? [];
  const walletId = parsePublicId("wallet", `${walletPrefix}${suffix}`);
  return walletId === undefined ? undefined : { walletId, seq: BigInt(digits) };
}
