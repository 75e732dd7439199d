import type { ProjectId } from "../kernel/ids.js";
import type { Context } from "../platform/context.js";
import { selectConnectedProjects } from "./store/stripe.js";

const projectsMax = 10_000;

/** Every project that has a Stripe connection, the oldest first. */
export async function listConnectedProjects(
  ctx: Pick<Context, "db">,
): Promise<readonly ProjectId[]> {
  return selectConnectedProjects(ctx.db, projectsMax);
}
