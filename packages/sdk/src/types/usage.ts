import type { Balance, CreditsIn, CreditsOut } from "./wallets.js";

/** One thing that was used. */
export interface UsageEvent {
  /**
   * Your own id of it, 1 to 128 visible ASCII characters. Sent again it is the same event and is charged once. One is
   * made when you leave it out, which protects a call's own retries but not a second call. With
   * an agent's token it begins with `agent_`.
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
