import type { Command } from "commander";
import { formatCredits } from "../../kernel/credits.js";
import { publicId } from "../../kernel/ids.js";
import type { PostedLine } from "../../ledger/read-posting.js";
import { costShare } from "../../metering/cost-basis.js";
import { explainInWords } from "../../metering/explain-in-words.js";
import {
  type ExplainedTransaction,
  type ExplainedUsage,
  explainTransaction,
} from "../../metering/explain-transaction.js";
import { renderExplanation } from "../../metering/render-explanation.js";
import { createRateCards } from "../../rating/create-rate-cards.js";
import { transactionId } from "../../wallets/rules.js";
import { type Answer, type Cli, type ProjectOption, withProject } from "./cli.js";
import { renderFields, renderTable } from "./table.js";

export function addExplain(usage: Command, cli: Cli): void {
  withProject(usage.command("explain"))
    .description("Tell why a transaction is there: price, lots, what they cost, hold, request.")
    .argument("<transaction>", "its id, txn_…, as statements and `usage show` name it")
    .action(async (id: string, options: ProjectOption) =>
      cli.runIn(options, async ({ db }, project) => {
        const ctx = { db, rateCards: createRateCards() };
        return explained(await explainTransaction(ctx, project.id, id), cli);
      }),
    );
}

function explained(of: ExplainedTransaction, { paint }: Cli): Answer {
  const { usage, hold } = of;
  const fields: [string, string][] = [
    ["customer", of.customerId],
    ["when", of.line.at.toISOString()],
    ...(usage === null ? [] : usageFields(usage)),
    ...(hold === null ? [] : ([["hold", publicId("hold", hold.id)]] satisfies [string, string][])),
  ];
  const table = renderTable(
    [
      { title: "transaction", cell: ({ walletId, seq }) => transactionId(walletId, seq) },
      { title: "kind", cell: ({ kind }) => kind },
      { title: "credits", cell: ({ amount }) => formatCredits(amount), align: "right" },
      { title: "lot", cell: lotOf },
      { title: "cost", cell: costOf, align: "right" },
    ],
    of.lines,
    { paint, none: "" },
  );
  const text = `${paint("bold", explainInWords(of))}\n\n${renderFields(fields, paint)}\n${table}`;
  return { json: renderExplanation(of), text };
}

function usageFields({ event, apiKey, acceptedAt }: ExplainedUsage): [string, string][] {
  return [
    ["event id", event.key],
    ["accepted", acceptedAt.toISOString()],
    ["request", event.requestId ?? "none: it came through the queue"],
    ...(apiKey === null
      ? []
      : ([["key", `${apiKey.name}, ${apiKey.hint}`]] satisfies [string, string][])),
  ];
}

function lotOf({ lot }: PostedLine): string {
  if (lot === null) return "owed";
  return `${lot.lotNo}: ${lot.grantedFor ?? lot.source}`;
}

function costOf({ lot, amount }: PostedLine): string {
  if (lot === null || lot.cost === null) return "";
  return costShare(lot.cost, amount, lot.granted).display;
}
