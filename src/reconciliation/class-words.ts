import type { DiscrepancyClass } from "./rules.js";

interface Words {
  /** What is so. */
  readonly means: string;
  /** What whoever operates Chargly does about it. */
  readonly remedy: string;
}

/** For people, and for agents that work for them. */
export const classWords = {
  missing_grant: {
    means: "The customer paid as agreed and did not get the credits.",
    remedy:
      "A run that is no dry run grants them by itself. If it stays open, look at the purchase and at the failed jobs.",
  },
  double_grant: {
    means: "The wallet got more credits for a purchase than were bought.",
    remedy:
      "Only who has the database can do that. Find out who did, then correct the wallet and dismiss the case.",
  },
  unpaid_grant: {
    means: "Credits were granted for a purchase that Stripe has no payment of.",
    remedy:
      "Only who has the database can do that. Find out who did, then correct the wallet and dismiss the case.",
  },
  missing_reversal: {
    means: "Money went back by a refund or a dispute, and the credits were not taken back.",
    remedy:
      "A run that is no dry run takes them by itself. If it stays open, look at the purchase and at the failed jobs.",
  },
  over_reversal: {
    means: "A refund failed or a dispute gave money back, and the credits were not given back.",
    remedy:
      "A run that is no dry run gives them by itself. If it stays open, look at the purchase and at the failed jobs.",
  },
  orphan_payment: {
    means: "Stripe has a payment that no purchase explains, or a second one for the same purchase.",
    remedy:
      "A person decides: assign it to a customer, refund it at Stripe, or dismiss it if it belongs to another shop.",
  },
  amount_mismatch: {
    means: "What was paid is not what was agreed, or two lists of Stripe do not add up.",
    remedy:
      "A person decides: refund the payment at Stripe or correct the wallet, then dismiss the case.",
  },
  balance_drift: {
    means: "A rule of the ledger is broken, so a balance cannot be trusted.",
    remedy:
      "The project is paused. Find what wrote the rows, put them right, and let the project go on with chargly projects resume.",
  },
  orphan_hold: {
    means: "A hold does not fit the ledger, so credits may be set aside for nothing.",
    remedy:
      "The project is paused. Find what wrote the rows, put them right, and let the project go on with chargly projects resume.",
  },
} as const satisfies Record<DiscrepancyClass, Words>;
