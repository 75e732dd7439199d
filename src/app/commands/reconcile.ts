import type { Command } from "commander";
import { z } from "zod";
import { publicId } from "../../kernel/ids.js";
import { formatMoney } from "../../kernel/money.js";
import { linkSettingOf } from "../../reconciliation/links.js";
import { countOpenDiscrepancies } from "../../reconciliation/read-discrepancies.js";
import { renderDifference, renderRun } from "../../reconciliation/render.js";
import { type Ring, rings, type Run } from "../../reconciliation/rules.js";
import type { RunOutcome } from "../../reconciliation/run-order.js";
import { runReconciliation } from "../../reconciliation/run-reconciliation.js";
import { chooseProject } from "../../tenancy/choose-project.js";
import { type Answer, argument, type Cli, type ProjectOption, withProject } from "./cli.js";
import type { CommandContext } from "./command-context.js";

interface ReconcileOptions extends ProjectOption {
  readonly since?: Date;
  readonly dryRun?: boolean;
  readonly ring?: Ring;
}

const usualRings = ["events", "full", "ledger"] as const;

const instant = z
  .string()
  .refine((text) => !Number.isNaN(Date.parse(text)) && /^\d{4}-\d{2}-\d{2}/.test(text), {
    error: "Write a date or a time, such as 2026-01-31 or 2026-01-31T12:00:00Z.",
  })
  .transform((text) => new Date(text));

export function addReconcile(program: Command, cli: Cli): void {
  withProject(program.command("reconcile"))
    .description(
      "Compare a project with Stripe and with the ledger's own rules, and settle again what certainly is missing. Exit code 1 while differences are open.",
    )
    .option(
      "--since <time>",
      "compare from here on, instead of the usual window",
      argument(instant),
    )
    .option("--dry-run", "change nothing; tell what differs")
    .option("--ring <ring>", `only this one: ${rings.join(", ")}`, argument(z.enum(rings)))
    .addHelpText(
      "after",
      "\nWithout --ring: events (what was never delivered), full (all payments of the window, with the balance as control\ntotal), ledger (its own rules). A run that was cut off goes on where it was.\n\nExamples:\n  $ chargly reconcile --dry-run\n  $ chargly reconcile --since 2026-01-01 --json",
    )
    .action(async (options: ReconcileOptions) =>
      cli.run(async (ctx) => {
        const project = await chooseProject(ctx, options.project);
        const outcomes: RunOutcome[] = [];
        for (const ring of options.ring === undefined ? usualRings : [options.ring]) {
          const { since, dryRun } = options;
          const onProgress = (run: Run) => cli.terminal.err(progressOf(run));
          const order = { projectId: project.id, ring, since, dryRun, onProgress };
          outcomes.push(await runReconciliation(ctx, order));
        }
        return answerOf(ctx, project.id, outcomes, cli);
      }),
    );
}

function progressOf({ ring, phase, counts }: Run): string {
  const compared = counts.payments ?? counts.events ?? counts.rules ?? 0;
  return `${ring}: ${phase ?? "done"}, ${compared} compared, ${counts.found ?? 0} differ\n`;
}

async function answerOf(
  ctx: CommandContext,
  projectId: Run["projectId"],
  outcomes: readonly RunOutcome[],
  { paint }: Cli,
): Promise<Answer> {
  const open = await countOpenDiscrepancies(ctx.db, projectId);
  const openCount = Object.values(open).reduce((sum, count) => sum + count, 0);
  const differences = outcomes.flatMap((each) =>
    each.kind === "finished" ? each.differences : [],
  );
  const links = linkSettingOf(ctx);
  const busy = outcomes.filter(({ kind }) => kind === "busy");
  const lines = outcomes.flatMap(({ run }) => describeRun(run));
  const listed = differences.map(
    ({ class: name, subject, detail }) => `${name}  ${subject}  ${detail}`,
  );
  return {
    json: {
      runs: outcomes.map(({ kind, run }) => ({ outcome: kind, ...renderRun(run) })),
      differences: outcomes.flatMap((each) =>
        each.kind === "finished"
          ? each.differences.map((found) => renderDifference(found, each.run, links))
          : [],
      ),
      open,
    },
    text:
      [...lines, ...listed].map((line) => `${line}\n`).join("") + paint("dim", openText(openCount)),
    failure: failureOf(busy.length, openCount + differences.length),
  };
}

function failureOf(busy: number, differences: number): Answer["failure"] {
  if (busy > 0)
    return {
      code: "busy",
      detail:
        "Another run compares this account. Try again when it has ended; one that died is gone on with after 30 seconds.",
    };
  if (differences === 0) return undefined;
  return {
    code: "discrepancies_open",
    detail: `${differences} differences are open. See them with: chargly cases list`,
  };
}

function openText(open: number): string {
  return open === 0 ? "Nothing is open.\n" : `Open: ${open}\n`;
}

function describeRun(run: Run): readonly string[] {
  const { counts } = run;
  const count = (name: keyof typeof counts) => counts[name] ?? 0;
  const looked = [
    ...(run.ring === "ledger"
      ? [`${count("rules")} rules`]
      : [
          `${count("payments")} payments`,
          `${count("events")} events, ${count("ingested")} of them new`,
        ]),
    `${count("found")} differ`,
    `${count("healed")} healed`,
    `${count("resolved")} resolved`,
  ];
  const window = `${run.windowFrom.toISOString()} to ${run.windowTo.toISOString()}`;
  const sums = Object.entries(run.sums).map(
    ([currency, amounts]) =>
      `  ${Object.entries(amounts)
        .map(([name, amountMinor]) => `${name} ${formatMoney({ amountMinor, currency })}`)
        .join(", ")}`,
  );
  return [
    `${run.ring} (${publicId("reconciliationRun", run.id)}), ${window}: ${looked.join(", ")}`,
    ...sums,
  ];
}
