import type { Command } from "commander";
import { formatCredits } from "../../kernel/credits.js";
import { type Page, pageSizeDefault, pageSizeMax } from "../../kernel/page.js";
import { Refusal } from "../../kernel/refusals.js";
import { approvedOrThrow } from "../../kernel/verdict.js";
import { listUsage, readUsage, type Usage } from "../../metering/read-usage.js";
import { renderSummary } from "../../metering/render-summary.js";
import { renderUsage } from "../../metering/render-usage.js";
import { summarizeUsage, type UsageSummary } from "../../metering/summarize-usage.js";
import { type Answer, type Cli, type ProjectOption, wholeNumber, withProject } from "./cli.js";
import { addExplain } from "./explain.js";
import { renderFields, renderTable } from "./table.js";
import { filterOf, type FilterOptions, withFilter } from "./usage-filter.js";
import { addQuarantine } from "./usage-quarantine.js";

interface ListOptions extends FilterOptions {
  readonly limit: number;
  readonly cursor?: string;
}

const nothing: Page<Usage> = { data: [], hasMore: false, nextCursor: null };

export function addUsage(program: Command, cli: Cli): void {
  const usage = program.command("usage").description("What was used, and what became of it.");
  withFilter(withProject(usage.command("list")))
    .description("List usage events, the newest first.")
    .option("--limit <events>", "how many", wholeNumber(1, pageSizeMax), pageSizeDefault)
    .option("--cursor <cursor>", "read on behind a page: its nextCursor")
    .action(async ({ limit: size, cursor, ...options }: ListOptions) =>
      cli.runIn(options, async (ctx, { id }) => {
        const { walletId, ...filter } = await filterOf(ctx, id, options);
        if (walletId === null) return listed(nothing, cli);
        const page = await listUsage(ctx.db, id, { ...filter, walletId }, { size, cursor });
        return listed(approvedOrThrow(page), cli);
      }),
    );
  withProject(usage.command("show"))
    .description("Show one event, its price and how it ended.")
    .argument("<event>", "your own id of the event, or ours, use_…")
    .action(async (event: string, options: ProjectOption) =>
      cli.runIn(options, async (ctx, { id }) => {
        const found = await readUsage(ctx.db, id, event);
        if (found !== undefined) return shown(found, cli);
        throw new Refusal("not_found", {
          detail: "The project has accepted no usage event with this id.",
        });
      }),
    );
  withFilter(withProject(usage.command("summary")))
    .description("Sum usage up by day, event and model: the last 30 days unless told, at most 92.")
    .action(async (options: FilterOptions) =>
      cli.runIn(options, async (ctx, { id }) =>
        summed(await summarizeUsage(ctx.db, id, await filterOf(ctx, id, options)), cli),
      ),
    );
  addExplain(usage, cli);
  addQuarantine(usage, cli);
}

function listed(page: Page<Usage>, { paint }: Cli): Answer {
  const text = renderTable(
    [
      { title: "event id", cell: ({ event }) => event.key },
      { title: "accepted", cell: ({ acceptedAt }) => acceptedAt.toISOString() },
      { title: "customer", cell: ({ customerId }) => customerId },
      { title: "event", cell: ({ event }) => event.event },
      { title: "model", cell: ({ event }) => event.model ?? "" },
      { title: "credits", cell: ({ taken }) => formatCredits(taken), align: "right" },
      { title: "state", cell: stateOf },
    ],
    page.data,
    { paint, none: "There is no such usage." },
  );
  const more = page.hasMore ? `There is more: --cursor ${page.nextCursor}\n` : "";
  return { json: { ...page, data: page.data.map(renderUsage) }, text: text + paint("dim", more) };
}

function stateOf({ state, rejection, shortfall }: Usage): string {
  if (rejection !== null) return `${state}: ${rejection.reason}`;
  return shortfall > 0n ? `${state}, ${formatCredits(shortfall)} short` : state;
}

function shown(usage: Usage, { paint }: Cli): Answer {
  const json = renderUsage(usage);
  const { event, rejection } = usage;
  const card = event.rateCardVersion === 0 ? "no rate card" : `version ${event.rateCardVersion}`;
  const price = event.credits === null ? "none" : formatCredits(event.credits);
  const fields: [string, string][] = [
    ["event id", json.id],
    ["our id", json.eventId],
    ["customer", json.customerId],
    ["event", [event.event, ...(event.model === null ? [] : [event.model])].join(", ")],
    ["price", `${price}, ${event.ownPrice ? "its own" : card}`],
    ["taken", formatCredits(usage.taken)],
    ["state", stateOf(usage)],
    ...(rejection === null ? [] : ([["why", rejection.detail]] satisfies [string, string][])),
    ["accepted", json.acceptedAt],
    ["applied", json.appliedAt ?? "-"],
    ["explain", json.transactions[0] ?? "-"],
  ];
  return { json, text: renderFields(fields, paint) };
}

function summed(summary: UsageSummary, { paint }: Cli): Answer {
  const table = renderTable(
    [
      { title: "day", cell: ({ day }) => day },
      { title: "event", cell: ({ event }) => event },
      { title: "model", cell: ({ model }) => model ?? "" },
      { title: "events", cell: ({ events }) => String(events), align: "right" },
      { title: "applied", cell: ({ applied }) => String(applied), align: "right" },
      { title: "rejected", cell: ({ rejected }) => String(rejected), align: "right" },
      { title: "credits", cell: ({ credits }) => formatCredits(credits), align: "right" },
    ],
    summary.lines,
    { paint, none: "Nothing was used." },
  );
  const total = `${summary.events} events, ${formatCredits(summary.credits)} credits.\n`;
  return { json: renderSummary(summary), text: table + (summary.events > 0 ? total : "") };
}
