import { setTimeout as pause } from "node:timers/promises";
import type { ProjectId, PurchaseId } from "../kernel/ids.js";
import { Refusal } from "../kernel/refusals.js";
import { type Checkout, readCheckout } from "./read-checkout.js";
import { isOpen, type Purchase } from "./rules.js";
import { type SettleContext, settlePurchase } from "./settle-purchase.js";
import { selectClosedPurchases } from "./store.js";

const lookEveryMs = 150;
/** Stripe is asked at the start and then this often, so that a lost webhook does not make anybody wait. */
const settleEveryMs = 5_000;

/** Tells many waiters when their purchases are settled, with one query at a time for all of them. */
export interface SettlementWatch {
  /** Resolves when the purchase is no longer open, when `timeoutMs` is over, or when `signal` aborts. */
  readonly closed: (
    purchaseId: PurchaseId,
    timeoutMs: number,
    signal: AbortSignal,
  ) => Promise<void>;
}

export function createSettlementWatch(ctx: Pick<SettleContext, "db" | "log">): SettlementWatch {
  const waiting = new Map<PurchaseId, Set<() => void>>();
  let looking = false;

  const look = async (): Promise<void> => {
    if (looking) return;
    looking = true;
    while (waiting.size > 0) {
      const closed = await selectClosedPurchases(ctx.db, [...waiting.keys()]).catch(
        (error: unknown) => {
          ctx.log.warn({ error }, "waiting checkouts could not be looked up");
          return [];
        },
      );
      for (const id of closed) for (const wake of waiting.get(id) ?? []) wake();
      await pause(lookEveryMs);
    }
    looking = false;
  };

  return {
    closed: (purchaseId, timeoutMs, signal) =>
      new Promise((resolve) => {
        const wakers = waiting.get(purchaseId) ?? new Set();
        waiting.set(purchaseId, wakers);
        const wake = () => {
          clearTimeout(timer);
          signal.removeEventListener("abort", wake);
          wakers.delete(wake);
          if (wakers.size === 0 && waiting.get(purchaseId) === wakers) waiting.delete(purchaseId);
          resolve();
        };
        const timer = setTimeout(wake, timeoutMs);
        signal.addEventListener("abort", wake, { once: true });
        wakers.add(wake);
        if (signal.aborted) wake();
        void look();
      }),
  };
}

/** The checkout as soon as it is settled, or as it is after `waitSeconds`. Settles by itself while it waits. */
export async function waitForCheckout(
  ctx: SettleContext,
  watch: SettlementWatch,
  { projectId, purchaseId, waitSeconds }: WaitRequest,
  signal: AbortSignal,
): Promise<Checkout> {
  const first = await readCheckout(ctx, projectId, purchaseId);
  if (waitSeconds === 0 || !isOpen(first.purchase)) return first;
  const endMs = performance.now() + waitSeconds * 1_000;
  for (;;) {
    const settling = settleQuietly(ctx, projectId, purchaseId);
    const leftMs = Math.max(0, endMs - performance.now());
    // Whoever settles it first ends the wait; a Stripe that hangs holds nobody up.
    const closed = watch.closed(purchaseId, Math.min(leftMs, settleEveryMs), signal);
    await Promise.race([
      closed,
      settling.then((purchase) => (isDone(purchase) ? undefined : closed)),
    ]);
    const checkout = await readCheckout(ctx, projectId, purchaseId);
    if (!isOpen(checkout.purchase) || performance.now() >= endMs || signal.aborted) return checkout;
  }
}

export interface WaitRequest {
  readonly projectId: ProjectId;
  readonly purchaseId: PurchaseId;
  /** 0 to 20. */
  readonly waitSeconds: number;
}

/** Stripe not answering is no reason to refuse the state that we know. */
async function settleQuietly(
  ctx: SettleContext,
  projectId: ProjectId,
  purchaseId: PurchaseId,
): Promise<Purchase | undefined> {
  try {
    return await settlePurchase(ctx, projectId, purchaseId);
  } catch (error) {
    const level = error instanceof Refusal ? "warn" : "error";
    ctx.log[level]({ error }, "a waiting checkout could not be settled right now");
    return undefined;
  }
}

function isDone(purchase: Purchase | undefined): boolean {
  return purchase !== undefined && !isOpen(purchase);
}
