import { z } from "zod";
import { creditsToJson } from "../kernel/credits.js";
import { type Id, publicId } from "../kernel/ids.js";
import { type Balances, totalBalance } from "../ledger/movements.js";
import type { StatementLine } from "../ledger/read-statement.js";
import { freezeOf, type Wallet } from "../ledger/read-wallet.js";
import { creditsOut, timeOut } from "../platform/http/schemas.js";
import type { AdjustedWallet } from "./adjust-wallet.js";
import {
  exampleAdjustment,
  exampleBalance,
  exampleTransaction,
  exampleWallet,
} from "./examples.js";
import { describeTransfer, transactionId } from "./rules.js";

const balances = {
  available: creditsOut.meta({ description: "Can be spent now." }),
  held: creditsOut.meta({ description: "Set aside for actions that are running." }),
  debt: creditsOut.meta({
    description: "Spent before their payment was taken back. The next credits pay it first.",
  }),
  total: creditsOut.meta({ description: "available + held - debt" }),
};

export const balanceJson = z.object(balances).meta({ id: "Balance", examples: [exampleBalance] });

export const walletJson = z
  .object({
    customerId: z.string(),
    ...balances,
    frozen: z
      .object({
        since: timeOut,
        reason: z.string().nullable().meta({
          description: "For operators; do not show it to the customer. Null for an agent.",
        }),
      })
      .nullable()
      .meta({ description: "While it is set, nothing is spent and no new hold is placed." }),
    createdAt: timeOut
      .nullable()
      .meta({ description: "Null until the wallet is first written to." }),
  })
  .meta({ id: "Wallet", examples: [exampleWallet] });

export const transactionJson = z
  .object({
    id: z.string().meta({ examples: ["txn_01k2x3v9g7f6q8r5s4t3w2y1z0_7"] }),
    seq: z.int().meta({ description: "Counts the wallet's transactions: 1, 2, 3, without a gap." }),
    kind: z.string().meta({ examples: ["purchase", "promotion"] }),
    credits: creditsOut.meta({ description: "How the total changed; negative is out." }),
    description: z.string().meta({ examples: ["Bought 500 credits for $9.99"] }),
    cause: z.object({
      type: z.string().meta({ examples: ["purchase", "operator"] }),
      id: z.string().meta({ examples: ["pur_01k2x3v9g7f6q8r5s4t3w2y1z0"] }),
    }),
    lotNo: z.int().nullable().meta({
      description: "The grant that the credits lie in, counted within the wallet. Null: owed.",
    }),
    holdId: z.string().nullable().meta({ description: "The hold that it filled or used." }),
    balance: balanceJson,
    at: timeOut,
  })
  .meta({ id: "Transaction", examples: [exampleTransaction] });

export const adjustmentJson = z
  .object({
    id: z.string().meta({ description: "The act; its transactions have it as their cause." }),
    customerId: z.string(),
    transactions: z.array(transactionJson),
    balance: balanceJson,
  })
  .meta({ id: "Adjustment", examples: [exampleAdjustment] });

/** Balances as JSON, with the total that a person owns. */
export function renderBalance(of: Balances): z.output<typeof balanceJson> {
  return {
    available: creditsToJson(of.available),
    held: creditsToJson(of.held),
    debt: creditsToJson(of.debt),
    total: creditsToJson(totalBalance(of)),
  };
}

/** A customer's wallet as JSON. One that was never written to reads as an empty one. */
export function renderWallet(
  customerId: string,
  wallet: Wallet | undefined,
): z.output<typeof walletJson> {
  if (wallet === undefined)
    return { customerId, available: 0, held: 0, debt: 0, total: 0, frozen: null, createdAt: null };
  const freeze = freezeOf(wallet);
  return {
    customerId,
    ...renderBalance(wallet),
    frozen: freeze && { since: freeze.since.toISOString(), reason: freeze.reason },
    createdAt: wallet.createdAt.toISOString(),
  };
}

/** One line of a statement as JSON: what happened, when, how many credits, why, and the balance after it. */
export function renderTransaction(line: StatementLine): z.output<typeof transactionJson> {
  return {
    id: transactionId(line.walletId, line.seq),
    seq: Number(line.seq),
    kind: line.kind,
    credits: creditsToJson(line.change),
    description: describeTransfer(line.kind, line.memo),
    cause: { type: line.cause.type, id: publicCauseId(line) },
    lotNo: line.lotNo,
    holdId: line.holdId === null ? null : publicId("hold", line.holdId),
    balance: renderBalance(line.balances),
    at: line.at.toISOString(),
  };
}

export function renderAdjustment({
  id,
  wallet,
  lines,
  balances: after,
}: AdjustedWallet): z.output<typeof adjustmentJson> {
  return {
    id: publicId("adjustment", id),
    customerId: wallet.customerId,
    transactions: lines.map(renderTransaction),
    balance: renderBalance(after),
  };
}

function publicCauseId({ cause, kind }: StatementLine): string {
  switch (cause.type) {
    case "purchase":
      return publicId("purchase", cause.id);
    case "usage":
      return publicId("usageEvent", cause.id);
    case "capture":
      return publicId("capture", cause.id);
    case "hold":
    case "release":
      return publicId("hold", cause.id);
    case "expiry":
      // Credits expire in their wallet. Whatever else time does, it does to a hold.
      return kind === "expire"
        ? publicId("wallet", cause.id as Id<"wallet">)
        : publicId("hold", cause.id as Id<"hold">);
    case "reversal":
      return publicId("reversal", cause.id);
    case "operator":
      // The ledger types an operator's act as plain text, and this domain is where it comes from.
      return publicId("adjustment", cause.id as Id<"adjustment">);
  }
}
