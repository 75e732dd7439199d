import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { checkChains } from "./check-chains.js";
import { checkGifts } from "./check-gifts.js";
import { checkHolds } from "./check-holds.js";
import { checkOrder } from "./check-order.js";
import { checkPayments } from "./check-payments.js";
import { checkProduced, producedIn } from "./check-produced.js";
import { checkRefunds } from "./check-refunds.js";
import { checkReserves } from "./check-reserves.js";
import { checkUsage } from "./check-usage.js";
import { newFindings, type Violation } from "./findings.js";
import { gather, type History, type Sources } from "./history.js";

export interface Checked {
  readonly violations: readonly Violation[];
  /** How much was looked at: a check of nothing finds nothing. */
  readonly counts: Readonly<Record<string, number>>;
}

/**
 * Compares what clients meant and were told with the books and with Stripe. It knows the product's tables and API as
 * anybody may, and none of its code.
 */
export async function checkRun(sources: Sources): Promise<Checked> {
  const history = await gather(sources);
  if (sources.keepIn !== undefined) await keep(history, sources.keepIn);
  const { journals, ledger, stripe } = history;
  const produced = producedIn(history);
  const keys = new Set(ledger.events.map(({ key }) => key));
  return {
    violations: check(history),
    counts: {
      acts: journals.acts.length,
      "acts without an answer": journals.acts.filter(({ answer }) => answer === undefined).length,
      wallets: ledger.wallets.length,
      transfers: ledger.transfers.length,
      "usage events": ledger.events.length,
      holds: ledger.holds.length,
      payments: stripe.payments.filter(({ isPaid }) => isPaid).length,
      "refunds by us": ledger.refunds.length,
      "reserves for a warning": ledger.holds.filter(({ purpose }) => purpose === "fraud_warning")
        .length,
      "produced events": produced.all.length,
      "produced events lost with their queue": produced.all.filter(({ key }) => !keys.has(key))
        .length,
      "events of Stripe taken in": [...ledger.inbox.values()].reduce((a, b) => a + b, 0),
    },
  };
}

/** Writes down what was looked at, so that it can be looked at again. */
async function keep(history: History, folder: string): Promise<void> {
  const inWords = (_name: string, value: unknown): unknown => {
    if (typeof value === "bigint") return String(value);
    return value instanceof Map ? [...value] : value;
  };
  const { journals, ...rest } = history;
  const parts = { acts: journals.acts, looks: journals.looks, ...rest.ledger, ...rest.stripe };
  for (const [name, items] of Object.entries(parts)) {
    const lines = [...items].map((item) => `${JSON.stringify(item, inWords)}\n`);
    await writeFile(join(folder, `${name}.jsonl`), lines.join(""));
  }
}

/** Every rule over one history. */
export function check(history: History): readonly Violation[] {
  const findings = newFindings();
  checkChains(history.ledger, findings);
  checkUsage(history, findings);
  checkGifts(history, findings);
  checkHolds(history, findings);
  checkPayments(history, findings);
  checkProduced(history, findings);
  checkRefunds(history, findings);
  checkReserves(history, findings);
  checkOrder(history, findings);
  for (const { op, kind, seen } of history.journals.acts)
    if (seen.some((line) => line.kind === "replay" && line["isSame"] !== true))
      findings.add("wrong_answer", `${kind} ${op}: was answered otherwise when it was sent again`);
  for (const status of ["received", "failed"])
    if ((history.ledger.inbox.get(status) ?? 0) > 0)
      findings.add("not_ended", `${history.ledger.inbox.get(status)} events of Stripe: ${status}`);
  return findings.violations;
}
