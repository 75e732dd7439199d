import { type Credits, formatCredits } from "../../kernel/credits.js";
import { approve, refuse, type Verdict } from "../../kernel/verdict.js";

/** What decides how a grant ends beside the credits themselves. */
export interface WalletSeen {
  /** It is paid from the grant first. */
  readonly debt: Credits;
  /** Then the credits arrive, and cannot be spent. */
  readonly frozen: boolean;
}

/** How long a preview can be confirmed. */
export const previewTtlSeconds = 600;

/**
 * Whether giving the credits now does what the preview said. What is available changes all the time and changes nothing of
 * that; a debt that is another one, or a freeze, does. Refuses with `preview_outdated`.
 */
export function decideConfirmation(
  { shown, isOver }: { readonly shown: WalletSeen; readonly isOver: boolean },
  now: WalletSeen,
): Verdict<WalletSeen> {
  if (isOver) return outdated("The time to confirm the preview is over.");
  if (shown.debt !== now.debt)
    return outdated(
      `The wallet owed ${formatCredits(shown.debt)} credits when it was previewed, and owes ${formatCredits(now.debt)} now.`,
    );
  if (shown.frozen !== now.frozen)
    return outdated(`The wallet was ${now.frozen ? "frozen" : "unfrozen"} since it was previewed.`);
  return approve(now);
}

function outdated(why: string): Verdict<never> {
  return refuse("preview_outdated", { detail: `${why} Nothing was given. Ask for a new preview.` });
}
