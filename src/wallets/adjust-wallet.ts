import { present } from "../kernel/assert.js";
import { type Credits, creditsToJson } from "../kernel/credits.js";
import { type Id, newId, type ProjectId, publicId } from "../kernel/ids.js";
import { approvedOrThrow, type Verdict } from "../kernel/verdict.js";
import type { Book, Cause, Posting } from "../ledger/decide.js";
import { decideGrant } from "../ledger/decide-grant.js";
import { decideWithdrawal } from "../ledger/decide-withdrawal.js";
import type { Balances } from "../ledger/movements.js";
import { openWallet } from "../ledger/open-wallet.js";
import { postMovements } from "../ledger/post-movements.js";
import { pageSizeMax } from "../kernel/page.js";
import { readStatement, type StatementLine } from "../ledger/read-statement.js";
import type { Wallet } from "../ledger/read-wallet.js";
import { instantInDays } from "../platform/db/instant-in-days.js";
import type { Trx } from "../platform/db/connect.js";
import { recordAudit } from "../tenancy/record-audit.js";
import { type Adjustment, checkAdjustment } from "./rules.js";

/** An act of an operator, done. */
export interface AdjustedWallet {
  readonly id: Id<"adjustment">;
  readonly wallet: Pick<Wallet, "id" | "customerId">;
  /** What the act wrote, oldest first; the last 100 lines when it took from more lots than that. */
  readonly lines: readonly StatementLine[];
  readonly balances: Balances;
}

/** What somebody was shown before it was done. */
export interface Previewed {
  /** `gpv_…` */
  readonly preview: string;
  /** The key that asked for the preview: `key_…`. */
  readonly by: string;
  /** Of the lot, as it was shown. */
  readonly lotExpiresAt: Date | null;
  /** Refuses when the wallet, now that it is locked, is not as it was shown. */
  readonly agrees: (book: Book) => Verdict<unknown>;
}

export interface AdjustmentOrder extends Adjustment {
  readonly kind: "grant" | "correction";
  readonly projectId: ProjectId;
  readonly customerId: string;
  /** Of the lot, where one is opened. */
  readonly priority?: number | undefined;
  readonly previewed?: Previewed | undefined;
}

/**
 * Moves credits by an operator's hand, with its line in the audit log in the same transaction. Opens the wallet on
 * first touch. Whatever is refused is thrown, so that the caller's transaction leaves everything as it was.
 */
export async function adjustWallet(
  trx: Trx,
  order: AdjustmentOrder,
  actor: string,
): Promise<AdjustedWallet> {
  approvedOrThrow(checkAdjustment(order));
  const id = newId("adjustment");
  const wallet = await openWallet(trx, order.projectId, order.customerId);
  const { previewed } = order;
  const expiresAt = previewed
    ? previewed.lotExpiresAt
    : await instantInDays(trx, order.expiresInDays);
  const cause: Cause = { type: "operator", id };
  const decide = (book: Book) => {
    const agreed = previewed?.agrees(book);
    if (agreed?.approved === false) return agreed;
    return decideAdjustment(book, order, cause, expiresAt);
  };
  const [posting] = await postMovements(trx, [{ walletId: wallet.id, opens: true, decide }]);
  const { transfers, after } = present(posting, "one movement makes one posting");
  await recordAudit(trx, {
    projectId: order.projectId,
    actor,
    action: order.kind === "grant" ? "wallet.grant" : "wallet.correct",
    subject: publicId("wallet", wallet.id),
    details: {
      adjustment: publicId("adjustment", id),
      credits: creditsToJson(order.credits),
      reason: order.reason,
      ...(expiresAt === null ? {} : { expiresAt: expiresAt.toISOString() }),
      ...(order.priority === undefined ? {} : { priority: order.priority }),
      ...(previewed && { preview: previewed.preview, previewedBy: previewed.by }),
    },
  });
  // The wallet is locked, so its newest lines are the ones just written.
  const size = Math.min(transfers.length, pageSizeMax);
  const newest = approvedOrThrow(await readStatement(trx, wallet.id, { size }));
  return { id, wallet, lines: newest.data.toReversed(), balances: after };
}

function decideAdjustment(
  book: Book,
  { kind, credits, reason: memo, priority }: AdjustmentOrder,
  cause: Cause,
  expiresAt: Date | null,
): Verdict<Posting> {
  if (credits < 0n) {
    const amount = -credits as Credits;
    return decideWithdrawal(book, { kind: "correction_out", amount, cause, memo });
  }
  return decideGrant(book, {
    kind: kind === "grant" ? "promotion" : "correction_in",
    amount: credits,
    cost: null,
    expiresAt,
    priority,
    cause,
    memo,
  });
}
