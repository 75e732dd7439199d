import { Refusal } from "../kernel/refusals.js";
import type { MeteringContext } from "./context.js";
import { selectBacklog } from "./store/lanes.js";

/** How far the workers are behind, as this process saw it last. */
export interface BacklogWatch {
  /** Throws `usage_backlog` while the oldest accepted usage has waited too long. Never waits itself. */
  readonly check: () => void;
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
  let lagSeconds = 0;
  let looking = false;
  const look = async (): Promise<void> => {
    if (looking) return;
    looking = true;
    try {
      lagSeconds = (await selectBacklog(ctx.db)).lagMs / 1_000;
      ctx.metrics.set("usage_lag_seconds", {}, lagSeconds);
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
    check: () => {
      if (timer === undefined) watch();
      if (lagSeconds <= lagMaxSeconds) return;
      throw new Refusal("usage_backlog", {
        detail: `Usage accepted ${Math.round(lagSeconds)} s ago is not applied yet, and ${lagMaxSeconds} s is the limit. Keep these events and send them again later, under the same ids.`,
        retryAfterSeconds: Math.min(30, Math.max(1, Math.ceil(lagSeconds - lagMaxSeconds))),
      });
    },
    stop: () => clearInterval(timer),
  };
}
