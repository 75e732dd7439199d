import { parsePublicId, type ProjectId, publicId } from "../../kernel/ids.js";
import { cutPage, decodeCursor, type Page } from "../../kernel/page.js";
import { Refusal } from "../../kernel/refusals.js";
import { type PurchaseLot, readPurchaseLots } from "../../ledger/read-purchase-lots.js";
import { readWallet } from "../../ledger/read-wallet.js";
import type { Context } from "../../platform/context.js";
import { type PurchaseFilter, selectPurchases, type SoldPurchase } from "./store.js";

/** A purchase with what became of its credits; `lot` is `undefined` while it has none. */
export interface BoughtCredits extends SoldPurchase {
  readonly lot: PurchaseLot | undefined;
}

export interface PurchaseListFilter extends Omit<PurchaseFilter, "walletId"> {
  readonly customerId?: string | undefined;
}

/**
 * A project's purchases, the newest first. A customer without a wallet has none.
 *
 * @throws Refusal `invalid_request` for a cursor that is none of ours
 */
export async function listPurchases(
  ctx: Pick<Context, "db">,
  projectId: ProjectId,
  { customerId, ...filter }: PurchaseListFilter,
  { size, cursor }: { readonly size: number; readonly cursor?: string | undefined },
): Promise<Page<BoughtCredits>> {
  const idBefore =
    cursor === undefined ? undefined : parsePublicId("purchase", decodeCursor(cursor));
  if (cursor !== undefined && idBefore === undefined)
    throw new Refusal("invalid_request", {
      param: "cursor",
      detail:
        "That cursor is not one of ours. Use `nextCursor` of the page before, or leave it out.",
    });
  const wallet =
    customerId === undefined ? undefined : await readWallet(ctx.db, projectId, customerId);
  if (customerId !== undefined && wallet === undefined)
    return { data: [], hasMore: false, nextCursor: null };
  const asked = { ...filter, walletId: wallet?.id, idBefore, limit: size + 1 };
  const sold = await selectPurchases(ctx.db, projectId, asked);
  const page = cutPage(sold, size, ({ purchase }) => publicId("purchase", purchase.id));
  const lots = await readPurchaseLots(
    ctx.db,
    page.data.map(({ purchase }) => purchase.id),
  );
  const data = page.data.map((each) => ({ ...each, lot: lots.get(each.purchase.id) }));
  return { ...page, data };
}
