import type { HoldId, ProjectId, WalletId } from "../kernel/ids.js";
import { approve, refuse } from "../kernel/verdict.js";
import type { Movement } from "../ledger/decide-all.js";
import { decideRelease } from "../ledger/decide-hold.js";
import { decideTouch } from "../ledger/decide-touch.js";

/** Gives back what a hold has left, unless it has ended or lasts longer by now: then it is refused and left alone. */
export function endHold({
  id: holdId,
  walletId,
}: {
  readonly id: HoldId;
  readonly walletId: WalletId;
}): Movement {
  return {
    walletId,
    holdId,
    decide: (book, asked) => {
      const hold = book.holds.get(holdId);
      return hold === undefined || hold.expiresAt > asked.now
        ? refuse("hold_not_open", { detail: "This hold has ended, or was extended meanwhile." })
        : decideRelease(book, { ...asked, holdId, expired: true });
    },
  };
}

/** Touches a wallet, so that the credits whose time is over leave it. */
export function expireCredits({ walletId }: { readonly walletId: WalletId }): Movement {
  return { walletId, decide: (book) => approve(decideTouch(book)) };
}

/** As many movements as one transaction takes. */
const batchMax = 500;

/** Batches of one project each, so that no transaction locks wallets of two; within a project in the order given. */
export function cutBatches<Due extends { readonly projectId: ProjectId }>(
  due: readonly Due[],
): readonly (readonly Due[])[] {
  const byProject = new Map<ProjectId, Due[]>();
  for (const each of due) {
    const others = byProject.get(each.projectId);
    if (others === undefined) byProject.set(each.projectId, [each]);
    else others.push(each);
  }
  return [...byProject.values()].flatMap((ofProject) =>
    Array.from({ length: Math.ceil(ofProject.length / batchMax) }, (_, n) =>
      ofProject.slice(n * batchMax, (n + 1) * batchMax),
    ),
  );
}
