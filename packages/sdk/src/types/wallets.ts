/** Credits: a number with at most six decimals, or the same as a string of digits. Sums of fractions are best strings. */
export type CreditsIn = number | string;

/** Credits, exact, with at most six decimals. */
export type CreditsOut = number;

export interface Balance {
  /** Can be spent now. */
  readonly available: CreditsOut;
  /** Set aside for what is running. */
  readonly held: CreditsOut;
  /** Owed; the next credits pay it first. */
  readonly debt: CreditsOut;
  /** `available + held - debt` */
  readonly total: CreditsOut;
}

export interface Wallet extends Balance {
  /** Your own id of the customer. */
  readonly customerId: string;
  /** While it is set nothing is spent. The reason is for operators, and null for an agent. */
  readonly frozen: { readonly since: string; readonly reason: string | null } | null;
  readonly createdAt: string | null;
}

export interface Transaction {
  readonly id: string;
  /** Counts the wallet's transactions: 1, 2, 3, without a gap. */
  readonly seq: number;
  readonly kind: string;
  /** How the total changed; negative is out. */
  readonly credits: CreditsOut;
  readonly description: string;
  readonly cause: { readonly type: string; readonly id: string };
  readonly lotNo: number | null;
  readonly holdId: string | null;
  readonly balance: Balance;
  /** ISO 8601, UTC. */
  readonly at: string;
}

export interface Adjustment {
  readonly id: string;
  readonly customerId: string;
  readonly transactions: readonly Transaction[];
  readonly balance: Balance;
}

/** What giving credits would do. */
export interface GrantPreview {
  readonly id: string;
  readonly customerId: string;
  readonly credits: CreditsOut;
  readonly reason: string;
  readonly before: Balance;
  readonly after: Balance;
  /** What of the credits pays what the wallet owes. */
  readonly paysDebt: CreditsOut;
  readonly creditsExpireAt: string | null;
  /** Then the credits arrive, and are not spent before the wallet is unfrozen. */
  readonly frozen: boolean;
  /** Until when it can be confirmed. */
  readonly expiresAt: string;
}

export interface Statement {
  readonly customerId: string;
  readonly from: string | null;
  readonly to: string | null;
  readonly openingBalance: Balance;
  readonly closingBalance: Balance;
  readonly count: number;
  readonly transactions: readonly Transaction[];
}

export interface Allowance {
  /** Null: not limited. */
  readonly limit: CreditsOut | null;
  readonly spent: CreditsOut | null;
  readonly countedSince: string | null;
  readonly remaining: CreditsOut | null;
  readonly resetsAt: string;
}

export interface SpendLimits {
  readonly customerId: string;
  readonly perMinute: Allowance;
  readonly perDay: Allowance;
  readonly perMonth: Allowance;
}

/** Money in whole minor units: cents for `usd`, yen for `jpy`. */
export interface MoneyIn {
  readonly amount: number;
  /** ISO 4217, lower case. */
  readonly currency: string;
}

export interface Money extends MoneyIn {
  /** For people: `$9.99`. */
  readonly display: string;
}

export interface CreditPack {
  readonly code: string;
  readonly version: number;
  readonly name: string;
  readonly credits: CreditsOut;
  readonly bonusCredits: CreditsOut;
  readonly price: Money;
  /** Days until the credits expire. Null: never. */
  readonly validityDays: number | null;
  readonly onSale: boolean;
  readonly createdAt: string;
}

/** `quarantined`: paid otherwise than agreed, and held back for an operator to look at. */
export type CheckoutStatus =
  | "pending"
  | "processing"
  | "paid"
  | "partially_refunded"
  | "refunded"
  | "failed"
  | "expired"
  | "canceled"
  | "quarantined";

export interface Checkout {
  readonly id: string;
  readonly customerId: string;
  readonly status: CheckoutStatus;
  /** Send the browser here. */
  readonly checkoutUrl: string;
  readonly description: string;
  readonly credits: CreditsOut;
  readonly price: Money;
  readonly reversedCredits: CreditsOut;
  readonly disputed: boolean;
  readonly problem: string | null;
  readonly paidAt: string | null;
  readonly createdAt: string;
}

/** A checkout seen from its end: what was paid, and what became of the credits. */
export interface Purchase {
  readonly id: string;
  readonly customerId: string;
  readonly status: CheckoutStatus;
  readonly creditPack: { readonly code: string; readonly version: number; readonly name: string };
  readonly description: string;
  readonly price: Money;
  readonly credits: CreditsOut;
  readonly grantedCredits: CreditsOut;
  /** Taken back for refunds and disputes, or owed for them. */
  readonly reversedCredits: CreditsOut;
  /** Spent, expired, or used to pay what the wallet owed. */
  readonly usedCredits: CreditsOut;
  readonly remainingCredits: CreditsOut;
  /** Set aside of the rest: by holds, for a refund under way, or because of a warning of fraud. */
  readonly heldCredits: CreditsOut;
  readonly expiresAt: string | null;
  readonly disputed: boolean;
  readonly problem: string | null;
  /** Where the payment is at Stripe. */
  readonly stripe: {
    readonly account: string;
    readonly livemode: boolean;
    readonly checkoutSession: string | null;
    readonly paymentIntent: string | null;
    readonly charge: string | null;
  };
  readonly paidAt: string | null;
  readonly createdAt: string;
}

/** With its refunds and disputes as Stripe said them last, the oldest first. */
export interface PurchaseWithReturns extends Purchase {
  readonly returns: readonly {
    readonly kind: "refund" | "dispute";
    readonly id: string;
    /** In Stripe's words. */
    readonly status: string;
    readonly amount: Money;
    /** What a dispute withholds now; null for a refund. */
    readonly withheld: Money | null;
    readonly createdAt: string;
  }[];
}

export interface Refund {
  /** Null in a dry run. */
  readonly id: string | null;
  readonly purchaseId: string;
  readonly status: "preview" | "requested" | "accepted" | "failed";
  readonly amount: Money;
  readonly credits: CreditsOut;
  readonly stripeRefundId: string | null;
  readonly problem: string | null;
  readonly createdAt: string | null;
}
