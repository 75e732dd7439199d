import type { Context } from "../platform/context.js";
import { countUnsettled as count, type UnsettledPurchases } from "./store.js";

/** Reads indexes that hold these purchases only. */
export function countUnsettled(ctx: Pick<Context, "db">): Promise<UnsettledPurchases> {
  return count(ctx.db);
}
