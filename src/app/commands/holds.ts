import type { Command } from "commander";
import { z } from "zod";
import { findHold, listHolds } from "../../holds/read-holds.js";
import { releaseHoldByHand } from "../../holds/release-hold.js";
import { renderHold, renderHoldOfWallet } from "../../holds/render.js";
import { type HoldId, publicId } from "../../kernel/ids.js";
import { type Page, pageSizeDefault, pageSizeMax } from "../../kernel/page.js";
import { formatCredits } from "../../kernel/credits.js";
import {
  type Hold,
  type HoldOfWallet,
  type HoldState,
  holdStates,
} from "../../ledger/read-hold.js";
import { inTransaction } from "../../platform/db/transaction.js";
import { customerId, publicIdOf } from "../../platform/http/schemas.js";
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
  readonly customer: string;
  readonly state?: HoldState;
  readonly limit: number;
  readonly cursor?: string;
}

export function addHolds(program: Command, cli: Cli): void {
  const holds = program
    .command("holds")
    .description("Credits that are set aside for actions that are running.");
  withProject(holds.command("list"))
    .description("List a customer's holds, the newest first.")
    .requiredOption("--customer <customer>", "your own id of the customer", argument(customerId))
    .option("--state <state>", `only these: ${holdStates.join(", ")}`, argument(z.enum(holdStates)))
    .option("--limit <holds>", "how many", wholeNumber(1, pageSizeMax), pageSizeDefault)
    .option("--cursor <cursor>", "read on behind a page: its nextCursor")
    .action(async ({ customer, state, limit: size, cursor, ...options }: ListOptions) =>
      cli.runIn(options, async (ctx, { id }) =>
        listed(await listHolds(ctx.db, id, customer, { state, size, cursor }), customer, cli),
      ),
    );
  onHold(holds, "show", "Show a hold and the balance of its wallet.").action(
    async (id: HoldId, options: ProjectOption) =>
      cli.runIn(options, async (ctx, project) =>
        shown(await findHold(ctx.db, project.id, id), cli),
      ),
  );
  onHold(holds, "release", "Give back what is left of a hold, before its time is over.")
    .addHelpText(
      "after",
      "\nExample:\n  $ chargly holds list --customer user_123 --state open\n  $ chargly holds release hold_01k2x3v9g7f6q8r5s4t3w2y1z0",
    )
    .action(async (id: HoldId, options: ProjectOption) =>
      cli.runIn(options, async (ctx, project) =>
        shown(
          await inTransaction(ctx.db, (trx) => releaseHoldByHand(trx, project.id, id, cliActor())),
          cli,
        ),
      ),
    );
}

function onHold(holds: Command, name: string, description: string): Command {
  return withProject(holds.command(name))
    .description(description)
    .argument("<hold>", "its id, hold_…", argument(publicIdOf("hold")));
}

function listed(page: Page<Hold>, customer: string, { paint }: Cli): Answer {
  const text = renderTable(
    [
      { title: "hold", cell: ({ id }) => publicId("hold", id) },
      { title: "state", cell: ({ state }) => state },
      { title: "credits", cell: ({ amount }) => formatCredits(amount), align: "right" },
      { title: "captured", cell: ({ captured }) => formatCredits(captured), align: "right" },
      { title: "released", cell: ({ released }) => formatCredits(released), align: "right" },
      { title: "expires", cell: ({ expiresAt }) => expiresAt.toISOString() },
      { title: "for", cell: ({ description }) => description ?? "" },
    ],
    page.data,
    { paint, none: "There is no such hold." },
  );
  const more = page.hasMore ? `There is more: --cursor ${page.nextCursor}\n` : "";
  const data = page.data.map((hold) => renderHold(hold, customer));
  return { json: { ...page, data }, text: text + paint("dim", more) };
}

function shown(of: HoldOfWallet, { paint }: Cli): Answer {
  const json = renderHoldOfWallet(of);
  const fields = [
    ["hold", json.id],
    ["customer", json.customerId],
    ["for", json.description ?? "-"],
    ["state", json.state],
    ["credits", formatCredits(of.hold.amount)],
    ["captured", formatCredits(of.hold.captured)],
    ["released", formatCredits(of.hold.released)],
    ["expires", json.expiresAt],
    ["available", formatCredits(of.balances.available)],
    ["held", formatCredits(of.balances.held)],
  ] as const;
  return { json, text: renderFields(fields, paint) };
}
