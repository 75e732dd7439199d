import { type Credits, zeroCredits } from "../kernel/credits.js";

/** Where credits can be. The first three belong to a wallet; the others are ours and are only ever summed. */
export type Account =
  | "available"
  | "held"
  | "debt"
  | "stripe_clearing"
  | "promotion"
  | "correction"
  | "revenue"
  | "breakage";

export interface Movement {
  /** The account that is debited: credits leave it, or, for `debt`, we are owed more. */
  readonly from: Account;
  /** The account that is credited: credits enter it, or, for `debt`, we are owed less. */
  readonly to: Account;
}

/**
 * Every way credits may move. The database has the same table as the constraint `transfers_declared_movement`,
 * so no other movement can be written by anybody.
 */
export const movements = {
  purchase: { from: "stripe_clearing", to: "available" },
  promotion: { from: "promotion", to: "available" },
  correction_in: { from: "correction", to: "available" },
  correction_out: { from: "available", to: "correction" },
  debt_repayment: { from: "available", to: "debt" },
  spend: { from: "available", to: "revenue" },
  overdraft: { from: "debt", to: "revenue" },
  hold: { from: "available", to: "held" },
  capture: { from: "held", to: "revenue" },
  release: { from: "held", to: "available" },
  expire: { from: "available", to: "breakage" },
  reversal: { from: "available", to: "stripe_clearing" },
  reversal_debt: { from: "debt", to: "stripe_clearing" },
  reinstatement: { from: "stripe_clearing", to: "available" },
  reinstatement_debt: { from: "stripe_clearing", to: "debt" },
  repayment_returned: { from: "debt", to: "available" },
} as const satisfies Record<string, Movement>;

export type TransferKind = keyof typeof movements;

/** The three balances of a wallet, each never below zero. */
export interface Balances {
  readonly available: Credits;
  readonly held: Credits;
  readonly debt: Credits;
}

/** The balances after `amount` moved once in the way of `kind`. */
export function moveBalances(before: Balances, kind: TransferKind, amount: Credits): Balances {
  const sign = signs[kind];
  return {
    available: moved(before.available, sign.available, amount),
    held: moved(before.held, sign.held, amount),
    debt: moved(before.debt, sign.debt, amount),
  };
}

/** How one movement changes each balance. */
export function balanceChange(kind: TransferKind, amount: Credits): Balances {
  return moveBalances(noBalances, kind, amount);
}

const noBalances: Balances = { available: zeroCredits, held: zeroCredits, debt: zeroCredits };

type Sign = -1 | 0 | 1;

function moved(before: Credits, sign: Sign, amount: Credits): Credits {
  if (sign === 0) return before;
  return (sign === 1 ? before + amount : before - amount) as Credits;
}

/** Debt is owed to us, so it grows by debits; the others grow by credits. */
function signOf({ from, to }: Movement, account: Account): Sign {
  const credited = to === account ? 1 : from === account ? -1 : 0;
  if (account !== "debt" || credited === 0) return credited;
  return credited === 1 ? -1 : 1;
}

const signs = Object.fromEntries(
  Object.entries(movements).map(([kind, movement]) => [
    kind,
    {
      available: signOf(movement, "available"),
      held: signOf(movement, "held"),
      debt: signOf(movement, "debt"),
    },
  ]),
) as Record<TransferKind, Readonly<Record<keyof Balances, Sign>>>;

/** What a person owns: what is there, and held, less what is owed. */
export function totalBalance({ available, held, debt }: Balances): Credits {
  return (available + held - debt) as Credits;
}
