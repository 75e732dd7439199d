import type { Hold } from "./holds.js";
import type { PriceLine, UsageRecord } from "./usage.js";
import type { CreditsOut, Transaction } from "./wallets.js";

/** Why credits moved. */
export interface Explanation {
  /** "chat.reply with gpt-x cost 1 credit by version 2 of the rate card: 1 each." */
  readonly sentence: string;
  readonly customerId: string;
  readonly transaction: Transaction;
  readonly cause: {
    readonly type: string;
    readonly id: string;
    readonly memo: string | null;
    readonly usage: ExplainedUsage | null;
    readonly hold:
      | (Pick<Hold, "id" | "credits" | "description" | "createdAt" | "expiresAt" | "endedAt"> & {
          readonly state: string;
        })
      | null;
  };
  /** All that the same cause moved together, oldest first. */
  readonly transactions: readonly ExplainedTransaction[];
}

export interface ExplainedUsage
  extends Pick<
    UsageRecord,
    | "id"
    | "eventId"
    | "event"
    | "model"
    | "quantity"
    | "properties"
    | "metadata"
    | "at"
    | "shortfall"
    | "quoteId"
    | "acceptedAt"
    | "appliedAt"
  > {
  readonly price: {
    readonly credits: CreditsOut | null;
    readonly ownPrice: boolean;
    readonly rateCardVersion: number | null;
    readonly rounding: "up" | "down" | "nearest" | null;
    readonly lines: readonly PriceLine[];
  };
  readonly requestId: string | null;
  readonly apiKey: { readonly id: string; readonly name: string; readonly hint: string } | null;
}

export interface ExplainedTransaction extends Transaction {
  /** What it moved, whichever way. */
  readonly moved: CreditsOut;
  /** Where the credits came from. Null: owed. */
  readonly lot: {
    readonly lotNo: number;
    readonly source: "purchase" | "promotion" | "adjustment";
    readonly grantedFor: string | null;
    readonly purchaseId: string | null;
    readonly granted: CreditsOut;
    readonly price: string | null;
    readonly expiresAt: string | null;
  } | null;
  /** What was paid for these credits, to twelve decimals. */
  readonly cost: {
    readonly amount: string;
    readonly currency: string;
    readonly display: string;
  } | null;
}
