import type { ProjectId } from "../kernel/ids.js";
import { Refusal } from "../kernel/refusals.js";
import type { MeteringContext } from "./context.js";
import { selectBacklog } from "./store/lanes.js";

/** How far the workers are behind, as this process saw it last. */
export interface BacklogWatch {
  /** Throws `usage_backlog` while the oldest accepted usage of the project has waited too long. Never waits itself. */
  readonly check: (projectId: ProjectId) => void;
  readonly stop: () => void;
}

const lookEveryMs = 500;

/**
 * Looks at the backlog twice a second from the first check on, so that accepting usage costs nothing for it. While the workers are too far
 * behind, usage is refused instead of promised; balances stay readable and Stripe is always answered.
 */
export function watchBacklog(
  ctx: Pick<MeteringContext, "db" | "log" | "metrics">,
  { lagMaxSeconds }: { readonly lagMaxSeconds: number },
): BacklogWatch {
  let lagMs: ReadonlyMap<ProjectId, number> = new Map();
  let looking = false;
  const look = async (): Promise<void> => {
    if (looking) return;
    looking = true;
    try {
      ({ lagMs } = await selectBacklog(ctx.db));
      ctx.metrics.set("usage_lag_seconds", {}, Math.max(0, ...lagMs.values()) / 1_000);
    } catch (error) {
      ctx.log.warn({ err: error }, "the backlog of usage could not be read");
    } finally {
      looking = false;
    }
  };
  let timer: NodeJS.Timeout | undefined;
  const watch = (): void => {
    timer = setInterval(() => void look(), lookEveryMs);
    timer.unref();
    void look();
  };
  return {
    check: (projectId) => {
      if (timer === undefined) watch();
      const lagSeconds = (lagMs.get(projectId) ?? 0) / 1_000;
      if (lagSeconds <= lagMaxSeconds) return;
      throw new Refusal("usage_backlog", {
        detail: `Usage accepted ${Math.round(lagSeconds)} s ago is not applied yet, and ${lagMaxSeconds} s is the limit. Keep these events and send them again later, under the same ids.`,
        retryAfterSeconds: Math.min(30, Math.max(1, Math.ceil(lagSeconds - lagMaxSeconds))),
      });
    },
    stop: () => clearInterval(timer),
  };
}
