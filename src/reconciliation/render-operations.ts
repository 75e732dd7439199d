import { z } from "zod";
import { type WalletId } from "../kernel/ids.js";
import { creditsOut, moneyOut, timeOut } from "../platform/http/schemas.js";
import { classWords } from "./class-words.js";
import { exampleDiscrepancy, exampleRun } from "./examples.js";
import type { LinkSetting } from "./links.js";
import { renderDiscrepancy, renderRun } from "./render.js";
import {
  type Discrepancy,
  discrepancyClasses,
  discrepancyStates,
  rings,
  type Run,
} from "./rules.js";

export const ringIn = z.enum(rings).meta({
  description:
    "`events`: what Stripe sent and never arrived. `objects`: payments since the last run. `full`: all payments of the window, and Stripe's balance. `ledger`: the rules of the books.",
});

const moneySums = z.record(z.string(), moneyOut);

export const runJson = z
  .object({
    id: z.string().meta({ examples: [exampleRun.id] }),
    ring: ringIn,
    state: z.enum(["running", "finished", "failed"]).meta({
      description: "`running` also says that it waits for a worker. `failed` was given up.",
    }),
    dryRun: z
      .boolean()
      .meta({ description: "Heals nothing, and keeps no more of what differs than how much." }),
    stripeAccount: z.string().nullable().meta({ description: "Null for the ledger's ring." }),
    livemode: z.boolean().nullable(),
    from: timeOut,
    to: timeOut,
    bridgedFrom: timeOut.nullable().meta({
      description: "Set when Stripe no longer lists all events, so that payments are compared.",
    }),
    phase: z
      .string()
      .nullable()
      .meta({
        description: "The list that is read now. Null after the last.",
        examples: ["charges"],
      }),
    counts: z.record(z.string(), z.int()).meta({
      description: "How much was looked at so far, `found` to differ, `healed` and `resolved`.",
    }),
    sums: z.record(z.string(), moneySums).meta({ description: "Money by currency and name." }),
    problem: z.string().nullable().meta({ description: "Why it stands still or failed." }),
    startedAt: timeOut,
    finishedAt: timeOut.nullable(),
  })
  .meta({ id: "ReconciliationRun", examples: [exampleRun] });

export const discrepancyJson = z
  .object({
    id: z.string().meta({ examples: [exampleDiscrepancy.id] }),
    class: z.enum(discrepancyClasses),
    state: z.enum(discrepancyStates).meta({
      description:
        "Only `open` ones need anybody. `healed`: settled again. `resolved`: a later run found it gone. `assigned`, `dismissed`: by an operator.",
    }),
    means: z.string().meta({ description: "What the class says." }),
    remedy: z.string().meta({ description: "What to do about one that is open." }),
    detail: z.string().meta({ description: "What differs here." }),
    subject: z.string().meta({ description: "What differs, by Stripe's id or ours." }),
    customerId: z.string().nullable(),
    purchaseId: z.string().nullable(),
    stripeObject: z.string().nullable(),
    stripeUrl: z.string().nullable().meta({ description: "Where Stripe's dashboard shows it." }),
    stripeAccount: z.string().nullable(),
    booked: moneyOut.nullable().meta({ description: "By our books." }),
    stripe: moneyOut.nullable().meta({ description: "By Stripe's." }),
    expectedCredits: creditsOut.nullable(),
    actualCredits: creditsOut.nullable(),
    healedCredits: creditsOut.nullable(),
    assignedCredits: creditsOut.nullable(),
    foundBy: z.string().meta({ description: "The run." }),
    healingBy: z.string().nullable().meta({ description: "The run that healed it or tried to." }),
    closedBy: z.string().nullable(),
    closedBecause: z.string().nullable(),
    createdAt: timeOut,
    closedAt: timeOut.nullable(),
  })
  .meta({ id: "Discrepancy", examples: [exampleDiscrepancy] });

/** A run as the API shows it: to its own project only. */
export function renderOwnRun(run: Run): z.output<typeof runJson> {
  const { projectId: _own, ...shown } = renderRun(run);
  return { ...shown, counts: { ...shown.counts } };
}

/** A difference as the API shows it: without the link to the wallet's page, which anybody could open. */
export function renderOwnDiscrepancy(
  found: Discrepancy,
  {
    customers,
    setting,
  }: {
    readonly customers: ReadonlyMap<WalletId, string>;
    readonly setting: LinkSetting;
  },
): z.output<typeof discrepancyJson> {
  const { walletId: _wallet, links, ...shown } = renderDiscrepancy(found, setting);
  return {
    ...shown,
    ...classWords[found.class],
    customerId: found.walletId === null ? null : (customers.get(found.walletId) ?? null),
    stripeUrl: links.stripe,
  };
}
