import type { Command } from "commander";
import { formatCredits } from "../../kernel/credits.js";
import { moneyDigits } from "../../kernel/money.js";
import { readMonth } from "../../reports/read-month.js";
import { renderReport } from "../../reports/render-report.js";
import type { MonthReport } from "../../reports/rules.js";
import { type ReportRow, rowsOf, writeReport } from "../../reports/write-report.js";
import { type Answer, type Cli, type ProjectOption, withProject } from "./cli.js";
import { renderTable } from "./table.js";

/** A person waits longer than a request may. */
const timeoutMs = 30 * 60_000;

interface MonthOptions extends ProjectOption {
  readonly csv?: true;
}

export function addReports(program: Command, cli: Cli): void {
  const reports = program.command("reports").description("What a project sold and earned.");
  withProject(reports.command("month"))
    .description("Credits and revenue of a calendar month (UTC), adding up in each currency.")
    .argument("<month>", "such as 2026-11")
    .option("--csv", "as CSV for spreadsheets")
    .addHelpText("after", "\nExample:\n  $ chargly reports month 2026-11 --csv > november.csv")
    .action(async (month: string, { csv, ...options }: MonthOptions) =>
      cli.runIn(options, async (ctx, { id }) => {
        const report = await readMonth(ctx, id, month, { timeoutMs });
        return csv === true ? { chunks: [writeReport(report)] } : told(report, cli);
      }),
    );
}

const partTitles = {
  outstanding: "credits",
  refunded: "refunded",
  recognised: "revenue",
  debt: "debt",
} as const;

function told(report: MonthReport, { paint }: Cli): Answer {
  const groups = new Map<string, ReportRow[]>();
  for (const row of rowsOf(report)) {
    const title = `${partTitles[row.part]}, ${row.currency}`;
    groups.set(title, [...(groups.get(title) ?? []), row]);
  }
  const tables = [...groups].map(([title, lines]) =>
    renderTable<ReportRow>(
      [
        { title, cell: ({ line }) => spoken(line) },
        {
          title: "credits",
          cell: ({ credits }) => (credits === null ? "" : formatCredits(credits)),
          align: "right",
        },
        { title: "amount", cell: amountOf, align: "right" },
      ],
      lines,
      { paint, none: "" },
    ),
  );
  const state = report.closed ? "closed" : "still open: it can change";
  return {
    json: renderReport(report),
    text: `${report.month.name}, ${state}\n\n${tables.join("\n")}`,
  };
}

function amountOf({ amountMinor, currency }: ReportRow): string {
  return amountMinor === null ? "" : moneyDigits({ amountMinor, currency });
}

/** `debtRepaid` is a name for machines. */
function spoken(line: string): string {
  return line.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}
