import type { Command } from "commander";
import { z } from "zod";
import type { Credits } from "../../kernel/credits.js";
import { publicId } from "../../kernel/ids.js";
import { type Page, pageSizeDefault, pageSizeMax } from "../../kernel/page.js";
import { Refusal } from "../../kernel/refusals.js";
import { inTransaction } from "../../platform/db/transaction.js";
import {
  customerId,
  lineOfText,
  positiveCredits,
  publicIdOf,
} from "../../platform/http/schemas.js";
import { assignCase, dismissCase, dismissForeign } from "../../reconciliation/close-case.js";
import { type LinkSetting, linkSettingOf } from "../../reconciliation/links.js";
import { readDiscrepancies } from "../../reconciliation/read-discrepancies.js";
import { renderDiscrepancy } from "../../reconciliation/render.js";
import {
  type Discrepancy,
  type DiscrepancyClass,
  discrepancyClasses,
  type DiscrepancyId,
  type DiscrepancyState,
  discrepancyStates,
} from "../../reconciliation/rules.js";
import { reasonLengthMax } from "../../wallets/rules.js";
import {
  type Answer,
  argument,
  type Cli,
  cliActor,
  type ProjectOption,
  wholeNumber,
  withProject,
} from "./cli.js";
import { renderFields, renderTable } from "./table.js";

interface ListOptions extends ProjectOption {
  readonly state: DiscrepancyState;
  readonly class?: DiscrepancyClass;
  readonly limit: number;
  readonly cursor?: string;
}

interface CloseOptions extends ProjectOption {
  readonly reason: string;
}

interface DismissOptions extends CloseOptions {
  readonly allForeign?: true;
}

interface AssignOptions extends CloseOptions {
  readonly customer: string;
  readonly credits: Credits;
}

/** What reconciliation found and a person has to decide. */
export function addCases(program: Command, cli: Cli): void {
  const cases = program
    .command("cases")
    .description("Differences that reconciliation found, and what became of them.");
  withProject(cases.command("list"))
    .description("List them, the newest first.")
    .option(
      "--state <state>",
      `only these: ${discrepancyStates.join(", ")}`,
      argument(z.enum(discrepancyStates)),
      "open",
    )
    .option(
      "--class <class>",
      `only these: ${discrepancyClasses.join(", ")}`,
      argument(z.enum(discrepancyClasses)),
    )
    .option("--limit <cases>", "how many", wholeNumber(1, pageSizeMax), pageSizeDefault)
    .option("--cursor <cursor>", "read on behind a page: its nextCursor")
    .action(async ({ state, class: only, limit: size, cursor, ...options }: ListOptions) =>
      cli.runIn(options, async (ctx, { id: projectId }) => {
        const of = { projectId, states: [state], class: only, size, cursor };
        return listed(await readDiscrepancies(ctx.db, of), linkSettingOf(ctx), cli);
      }),
    );
  addAssign(cases, cli);
  addDismiss(cases, cli);
}

function onCase(
  cases: Command,
  [name, id]: readonly [string, string],
  description: string,
): Command {
  return withProject(cases.command(name))
    .description(description)
    .argument(id, "its id, disc_…", argument(publicIdOf("discrepancy")))
    .requiredOption(
      "--reason <text>",
      "why; for the audit log",
      argument(lineOfText(reasonLengthMax)),
    );
}

function addAssign(cases: Command, cli: Cli): void {
  onCase(
    cases,
    ["assign", "<case>"],
    "Give the credits of a payment that no purchase explains to a customer, who reads the reason, too.",
  )
    .requiredOption("--customer <customer>", "your own id of the customer", argument(customerId))
    .requiredOption("--credits <credits>", "what the payment is worth", argument(positiveCredits))
    .addHelpText(
      "after",
      '\nExample:\n  $ chargly cases assign disc_01k2x3v9g7f6q8r5s4t3w2y1z0 --customer user_123 --credits 500 --reason "paid by invoice"',
    )
    .action(async (id: DiscrepancyId, { customer, credits, reason, ...options }: AssignOptions) =>
      cli.runIn(options, async (ctx, { id: projectId }) => {
        const assignment = { projectId, id, customerId: customer, credits, reason };
        const closed = inTransaction(ctx.db, (trx) => assignCase(trx, assignment, cliActor()));
        return shown(await closed, linkSettingOf(ctx), cli);
      }),
    );
}

function addDismiss(cases: Command, cli: Cli): void {
  onCase(
    cases,
    ["dismiss", "[case]"],
    "Close a difference that needs nobody. It stays closed while it says the same.",
  )
    .option("--all-foreign", "instead of one: every open payment that names no purchase of ours")
    .addHelpText(
      "after",
      '\nExamples:\n  $ chargly cases dismiss disc_01k2x3v9g7f6q8r5s4t3w2y1z0 --reason "an invoice of our other shop"\n  $ chargly cases dismiss --all-foreign --reason "our other shop has the same Stripe account"',
    )
    .action(
      async (id: DiscrepancyId | undefined, { reason, allForeign, ...options }: DismissOptions) => {
        if ((id === undefined) !== (allForeign === true))
          throw new Refusal("invalid_request", {
            param: "case",
            detail: "Name one case, or say --all-foreign.",
          });
        await cli.runIn(options, async (ctx, { id: projectId }) =>
          id === undefined
            ? counted(await dismissForeign(ctx.db, { projectId, reason }, cliActor()))
            : shown(
                await inTransaction(ctx.db, (trx) =>
                  dismissCase(trx, { projectId, id, reason }, cliActor()),
                ),
                linkSettingOf(ctx),
                cli,
              ),
        );
      },
    );
}

function counted(dismissed: number): Answer {
  return { json: { dismissed }, text: `Dismissed: ${dismissed}\n` };
}

function listed(page: Page<Discrepancy>, links: LinkSetting, { paint }: Cli): Answer {
  const text = renderTable(
    [
      { title: "case", cell: ({ id }) => publicId("discrepancy", id) },
      { title: "state", cell: ({ state }) => state },
      { title: "class", cell: (found) => found.class },
      { title: "about", cell: ({ subject }) => subject },
      { title: "found", cell: ({ createdAt }) => createdAt.toISOString() },
      { title: "detail", cell: ({ detail }) => detail },
    ],
    page.data,
    { paint, none: "There is no such case." },
  );
  const more = page.hasMore ? `There is more: --cursor ${page.nextCursor}\n` : "";
  const data = page.data.map((each) => renderDiscrepancy(each, links));
  return { json: { ...page, data }, text: text + paint("dim", more) };
}

function shown(found: Discrepancy, links: LinkSetting, { paint }: Cli): Answer {
  const json = renderDiscrepancy(found, links);
  const fields = [
    ["case", json.id],
    ["class", json.class],
    ["about", json.subject],
    ["state", json.state],
    ["because", json.closedBecause ?? "-"],
  ] as const;
  return { json, text: renderFields(fields, paint) };
}
