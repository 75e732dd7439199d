import type { Context } from "../platform/context.js";
import { type InboxLag, measureReceived } from "./store.js";

export type { InboxLag } from "./store.js";

/** Reads indexes that hold open and failed events only, so it costs what is left to do, not what was done. */
export function measureInbox(ctx: Pick<Context, "db">): Promise<InboxLag> {
  return measureReceived(ctx.db);
}
