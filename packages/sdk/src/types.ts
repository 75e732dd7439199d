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
  /** While it is set nothing is spent. The reason is for operators. */
  readonly frozen: { readonly since: string; readonly reason: string } | null;
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

export interface Checkout {
  readonly id: string;
  readonly customerId: string;
  readonly status:
    | "pending"
    | "processing"
    | "paid"
    | "partially_refunded"
    | "refunded"
    | "failed"
    | "expired"
    | "canceled"
    | "quarantined";
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

/** One thing that was used. */
export interface UsageEvent {
  /**
   * Your own id of it, 1 to 128 visible ASCII characters. Sent again it is the same event and is charged once. One is
   * made when you leave it out, which protects a call's own retries but not a second call.
   */
  readonly id?: string | undefined;
  /** Your own id of the customer. */
  readonly customerId: string;
  /** What was done, as the rate card names it: `chat.reply`. */
  readonly event: string;
  /** Its cost, instead of the rate card's price. Needs the scope `usage:price`. */
  readonly credits?: CreditsIn | undefined;
  /** How many. */
  readonly quantity?: number | string | undefined;
  /** What the price depends on, such as `model` and `inputTokens`, and whatever else is worth keeping. */
  readonly properties?: Readonly<Record<string, number | string>> | undefined;
  /** When it happened: ISO 8601. For reports only. */
  readonly at?: string | undefined;
  /** The hold that pays for it. */
  readonly holdId?: string | undefined;
  /** The quote whose price it has. */
  readonly quoteId?: string | undefined;
  /** Kept with the event, for you. */
  readonly metadata?: Readonly<Record<string, string | number | boolean | null>> | undefined;
}

export interface UsageRecord {
  readonly id: string;
  readonly eventId: string;
  readonly customerId: string;
  readonly event: string;
  readonly model: string | null;
  readonly status: "accepted" | "applied" | "rejected" | "quarantined";
  /** What was taken for it. */
  readonly credits: CreditsOut;
  readonly price: CreditsOut | null;
  /** What the wallet could not cover, by the policy. */
  readonly shortfall: CreditsOut;
  readonly ownPrice: boolean;
  readonly rateCardVersion: number;
  readonly quantity: number | string | null;
  readonly properties: Readonly<Record<string, unknown>> | null;
  readonly metadata: Readonly<Record<string, unknown>> | null;
  readonly at: string | null;
  readonly holdId: string | null;
  readonly quoteId: string | null;
  readonly acceptedAt: string;
  readonly appliedAt: string | null;
  readonly rejection: {
    readonly code: string;
    readonly detail: string;
    readonly available: CreditsOut | null;
  } | null;
  readonly transactions: readonly string[];
  readonly balance: Balance | null;
}

interface NamedEvent {
  readonly id: string;
  readonly eventId: string;
}

/** The answer to a list of events: counts, and those that need a look. */
export interface UsageAnswers {
  readonly accepted: number;
  readonly applied: number;
  readonly partial: readonly (NamedEvent & {
    readonly credits: CreditsOut;
    readonly shortfall: CreditsOut;
  })[];
  readonly duplicates: readonly NamedEvent[];
  readonly conflicts: readonly NamedEvent[];
  readonly rejected: readonly (NamedEvent & { readonly code: string; readonly detail: string })[];
}

export interface UsageSummary {
  readonly from: string;
  readonly to: string;
  readonly data: readonly {
    readonly event: string;
    readonly model: string | null;
    readonly day: string;
    readonly events: number;
    readonly applied: number;
    readonly rejected: number;
    readonly credits: CreditsOut;
  }[];
  readonly total: { readonly events: number; readonly credits: CreditsOut };
}

/** One line of a price; its numbers are decimals by their digits. */
export interface PriceLine {
  readonly what: string;
  readonly units: string;
  readonly unitPrice: string;
  readonly per: number;
  readonly credits: string;
}

export interface Quote {
  /** What the event costs. */
  readonly credits: CreditsOut;
  readonly affordable: boolean;
  /** Why not, by the code of the refusal. Null: it is affordable. */
  readonly because: string | null;
  readonly available: CreditsOut;
  readonly shortBy: CreditsOut;
  readonly limitsLeft: { readonly wallet: CreditsOut | null; readonly key: CreditsOut | null };
  /** The most that the wallet pays for. `units` null: no limit. */
  readonly maxAffordable: { readonly of: string; readonly units: number | null };
  readonly rateCardVersion: number;
  readonly model: string | null;
  readonly rounding: "up" | "down" | "nearest";
  readonly lines: readonly PriceLine[];
  /** With `freezeSeconds`: spend it with an event or a hold before `expiresAt`. */
  readonly quoteId?: string | undefined;
  readonly expiresAt?: string | undefined;
}
