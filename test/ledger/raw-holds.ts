import type { Database, Trx } from "../../src/platform/db/connect.js";
import { newId } from "../../src/kernel/ids.js";
import {
  filledWallet,
  rawInsert,
  rawPromotion,
  type RawTransfer,
  type RawWallet,
} from "./raw-ledger.js";

/** A hold as somebody without our code would open it, empty. */
export async function rawHold(
  db: Database | Trx,
  { projectId, walletId }: RawWallet,
  hold: { readonly id: string } & Readonly<Record<string, unknown>>,
): Promise<void> {
  await db("holds").insert({
    project_id: projectId,
    wallet_id: walletId,
    amount: 6,
    over_capture: "reject",
    rate_card_version: 1,
    expires_at: new Date(Date.UTC(2030, 0, 1)),
    ...hold,
  });
}

const directions = {
  spend: ["available", "revenue"],
  overdraft: ["debt", "revenue"],
  hold: ["available", "held"],
  capture: ["held", "revenue"],
  release: ["held", "available"],
  expire: ["available", "breakage"],
} as const;

const causes = {
  spend: "usage",
  overdraft: "usage",
  hold: "hold",
  capture: "capture",
  release: "release",
  expire: "expiry",
} as const;

/** A row of the kind, changed as asked. A release and the placing of a hold have its id as their cause. */
export function rawRow(
  kind: keyof typeof directions,
  wallet: RawWallet,
  changes: Partial<RawTransfer> & Pick<RawTransfer, "seq" | "amount" | "available_after">,
): RawTransfer {
  const [debit_account, credit_account] = directions[kind];
  const ofHold = kind === "hold" || kind === "release" ? changes.hold_id : undefined;
  return rawPromotion(wallet, changes.amount, {
    kind,
    debit_account,
    credit_account,
    cause: causes[kind],
    cause_id: ofHold ?? newId("usageEvent"),
    hold_id: null,
    lot_no: kind === "overdraft" ? null : 1,
    ...changes,
  });
}

export interface HeldWallet {
  readonly wallet: RawWallet;
  readonly holdId: string;
}

/** A wallet with 10 in lot 1, of which an open hold has 6. Its next transfer has seq 3. */
export async function heldWallet(db: Database): Promise<HeldWallet> {
  const wallet = await filledWallet(db, 10);
  const holdId = newId("hold");
  await rawHold(db, wallet, { id: holdId });
  const placed = { seq: 2, amount: 6, available_after: 4, held_after: 6, hold_id: holdId };
  await rawInsert(db, rawRow("hold", wallet, placed));
  return { wallet, holdId };
}
