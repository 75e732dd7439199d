import type { Command } from "commander";
import type { Answer, Cli } from "../cli.js";
import { renderTable } from "../table.js";
import type { Style } from "../terminal.js";
import type { Check, CheckStatus } from "./check.js";
import { examine } from "./examine.js";

const styles: Readonly<Record<CheckStatus, Style>> = {
  ok: "green",
  warn: "yellow",
  fail: "red",
  skipped: "dim",
};

export function addDoctor(program: Command, cli: Cli): void {
  program
    .command("doctor")
    .summary("look at everything that Chargly needs")
    .description(
      "Looks at configuration, database, durability, migrations, queue, scheduler, Stripe, webhooks, inbox, books and clocks, and says what to do. Changes nothing. Exits with 1 when a check fails.",
    )
    .option("--no-books", "do not read the whole ledger, which takes time when it is large")
    .addHelpText("after", "\nExamples:\n  $ chargly doctor\n  $ chargly doctor --json --no-books")
    .action(async ({ books }: { readonly books: boolean }) => {
      cli.print(diagnosis(await examine(await cli.environment(), { withBooks: books }), cli));
    });
}

function diagnosis(checks: readonly Check[], { paint }: Cli): Answer {
  const count = (status: CheckStatus) => checks.filter((each) => each.status === status).length;
  const [failed, warned] = [count("fail"), count("warn")];
  const table = renderTable(
    [
      { title: "check", cell: ({ name }) => name },
      { title: "state", cell: ({ status }) => paint(styles[status], status) },
      { title: "detail", cell: ({ detail }) => detail.replace(/\s*\n\s*/g, " ") },
    ],
    checks,
    { paint, none: "" },
  );
  const advice = checks
    .filter(({ fix }) => fix !== null)
    .map(({ name, status, fix }) => `${paint(styles[status], name)}: ${fix ?? ""}\n`)
    .join("");
  const sum = failed + warned === 0 ? "All is well.\n" : `${failed} failed, ${warned} warned.\n`;
  return {
    json: { healthy: failed === 0, checks },
    text: `${table}\n${advice === "" ? "" : `${advice}\n`}${sum}`,
    failure:
      failed === 0
        ? undefined
        : { code: "unhealthy", detail: `${failed === 1 ? "A check" : `${failed} checks`} failed.` },
  };
}
