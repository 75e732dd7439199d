import { type Command, Option } from "commander";
import { type Credits, formatCredits } from "../../kernel/credits.js";
import { type Page, pageSizeDefault, pageSizeMax } from "../../kernel/page.js";
import { type Balances, totalBalance } from "../../ledger/movements.js";
import type { StatementLine } from "../../ledger/read-statement.js";
import { timeIn } from "../../platform/http/schemas.js";
import { type ExportedStatement, exportStatement } from "../../wallets/export-statement.js";
import { readTransactions } from "../../wallets/read-transactions.js";
import { renderTransaction } from "../../wallets/render.js";
import { csvExport, jsonExport } from "../../wallets/render-export.js";
import { describeTransfer } from "../../wallets/rules.js";
import { type Answer, argument, type Cli, type ProjectOption, wholeNumber } from "./cli.js";
import { onCustomer } from "./on-customer.js";
import { renderTable } from "./table.js";

interface StatementOptions extends ProjectOption {
  readonly limit: number;
  readonly cursor?: string;
  readonly from?: Date;
  readonly to?: Date;
  readonly csv?: true;
}

/** `wallets statement`: a page of the newest lines, or a whole period, the oldest first. */
export function addStatement(wallets: Command, cli: Cli): void {
  const ofPeriod = (flags: string, description: string) =>
    new Option(flags, description).conflicts(["limit", "cursor"]);
  onCustomer(wallets, "statement", "Show what happened in a wallet, the newest first.")
    .option("--limit <lines>", "how many", wholeNumber(1, pageSizeMax), pageSizeDefault)
    .option("--cursor <cursor>", "read on behind a page: its nextCursor")
    .addOption(
      ofPeriod(
        "--from <time>",
        "all lines at or after this day or time, the oldest first",
      ).argParser(argument(timeIn)),
    )
    .addOption(
      ofPeriod("--to <time>", "all lines before this day or time").argParser(argument(timeIn)),
    )
    .addOption(ofPeriod("--csv", "all lines as CSV for spreadsheets"))
    .addHelpText(
      "after",
      "\nExample:\n  $ chargly wallets statement user_123 --from 2026-11-01 --to 2026-12-01 --csv > november.csv",
    )
    .action(async (customer: string, options: StatementOptions) =>
      cli.runIn(options, async (ctx, { id }) => {
        const { limit: size, cursor, from, to, csv = false } = options;
        if (from === undefined && to === undefined && !csv)
          return page(await readTransactions(ctx.db, id, customer, { size, cursor }), cli);
        const statement = await exportStatement(ctx.db, id, customer, { from, to });
        return { chunks: chunksOf(statement, csv, cli) };
      }),
    );
}

function chunksOf(statement: ExportedStatement, csv: boolean, cli: Cli): AsyncGenerator<string> {
  if (csv) return csvExport(statement);
  return cli.isJson() ? jsonExport(statement) : textExport(statement, cli);
}

async function* textExport(
  { opening, closing, pages }: ExportedStatement,
  cli: Cli,
): AsyncGenerator<string> {
  yield `opening balance  ${spoken(opening)}\n`;
  for await (const lines of pages()) yield linesTable(lines, cli);
  yield `closing balance  ${spoken(closing)}\n`;
}

function spoken(balances: Balances): string {
  return formatCredits(totalBalance(balances));
}

/** The lines of a statement, in the order in which they are given. */
export function linesTable(lines: readonly StatementLine[], { paint }: Cli): string {
  return renderTable(
    [
      { title: "#", cell: ({ seq }) => String(seq), align: "right" },
      { title: "when", cell: ({ at }) => at.toISOString() },
      { title: "credits", cell: ({ change }) => signed(change), align: "right" },
      { title: "what", cell: ({ kind, memo }) => describeTransfer(kind, memo) },
      { title: "balance", cell: ({ balances }) => spoken(balances), align: "right" },
    ],
    lines,
    { paint, none: "Nothing has happened in this wallet yet." },
  );
}

function signed(change: Credits): string {
  return change > 0n ? `+${formatCredits(change)}` : formatCredits(change);
}

function page(shown: Page<StatementLine>, cli: Cli): Answer {
  const more = shown.hasMore ? `There is more: --cursor ${shown.nextCursor}\n` : "";
  return {
    json: { ...shown, data: shown.data.map(renderTransaction) },
    text: linesTable(shown.data, cli) + cli.paint("dim", more),
  };
}
