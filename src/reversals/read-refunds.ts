import { readCheckout } from "../checkout/read-checkout.js";
import { parsePublicId, type ProjectId, publicId, type PurchaseId } from "../kernel/ids.js";
import { cutPage, decodeCursor, type Page } from "../kernel/page.js";
import { Refusal } from "../kernel/refusals.js";
import type { Context } from "../platform/context.js";
import type { Refund } from "./rules.js";
import { selectRefunds } from "./store.js";

/** The refunds of a purchase that were asked for here, the newest first. Throws `not_found` for an unknown purchase. */
export async function readRefunds(
  ctx: Pick<Context, "db">,
  { projectId, purchaseId }: { readonly projectId: ProjectId; readonly purchaseId: PurchaseId },
  { size, cursor }: { readonly size: number; readonly cursor?: string | undefined },
): Promise<Page<Refund>> {
  await readCheckout(ctx, projectId, purchaseId);
  const idBefore = cursor === undefined ? undefined : parsePublicId("refund", decodeCursor(cursor));
  if (cursor !== undefined && idBefore === undefined)
    throw new Refusal("invalid_request", {
      param: "cursor",
      detail:
        "That cursor is not one of ours. Use `nextCursor` of the page before, or leave it out.",
    });
  const asked = { idBefore, limit: size + 1 };
  const refunds = await selectRefunds(ctx.db, { projectId, purchaseId }, asked);
  return cutPage(refunds, size, ({ id }) => publicId("refund", id));
}
