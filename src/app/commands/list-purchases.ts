import type { Command } from "commander";
import { z } from "zod";
import { type BoughtCredits, listPurchases } from "../../checkout/purchases/list-purchases.js";
import { renderPurchase } from "../../checkout/purchases/render-purchase.js";
import {
  type CheckoutStatus,
  checkoutStatus,
  checkoutStatuses,
} from "../../checkout/render-checkout.js";
import { formatCredits, zeroCredits } from "../../kernel/credits.js";
import { publicId } from "../../kernel/ids.js";
import { type Page, pageSizeDefault, pageSizeMax } from "../../kernel/page.js";
import { customerId, timeIn } from "../../platform/http/schemas.js";
import {
  type Answer,
  argument,
  type Cli,
  type ProjectOption,
  wholeNumber,
  withProject,
} from "./cli.js";
import { renderTable } from "./table.js";

interface ListOptions extends ProjectOption {
  readonly customer?: string;
  readonly status?: CheckoutStatus;
  readonly from?: Date;
  readonly to?: Date;
  readonly limit: number;
  readonly cursor?: string;
}

export function addListing(purchases: Command, cli: Cli): void {
  const time = argument(timeIn);
  const statuses = argument(z.enum(checkoutStatuses));
  withProject(purchases.command("list"))
    .description("List purchases with what became of their credits, the newest first.")
    .option("--customer <customer>", "of this customer alone", argument(customerId))
    .option("--status <status>", `only these: ${checkoutStatuses.join(", ")}`, statuses)
    .option("--from <time>", "begun at or after: a day, or a time with its offset", time)
    .option("--to <time>", "begun before", time)
    .option("--limit <purchases>", "how many", wholeNumber(1, pageSizeMax), pageSizeDefault)
    .option("--cursor <cursor>", "read on behind a page: its nextCursor")
    .action(async ({ customer, status, from, to, limit: size, cursor, ...options }: ListOptions) =>
      cli.runIn(options, async (ctx, { id }) => {
        const filter = { customerId: customer, status, from, to };
        return listed(await listPurchases(ctx, id, filter, { size, cursor }), cli);
      }),
    );
}

function listed(page: Page<BoughtCredits>, { paint }: Cli): Answer {
  const text = renderTable(
    [
      { title: "purchase", cell: ({ purchase }) => publicId("purchase", purchase.id) },
      { title: "begun", cell: ({ purchase }) => purchase.createdAt.toISOString() },
      { title: "customer", cell: (bought) => bought.customerId },
      { title: "status", cell: checkoutStatus },
      { title: "bought", cell: ({ purchase }) => purchase.description },
      { title: "left", cell: ({ lot }) => creditsOf(lot?.remaining), align: "right" },
      {
        title: "taken back",
        cell: ({ purchase }) => formatCredits(purchase.reversed),
        align: "right",
      },
    ],
    page.data,
    { paint, none: "There is no such purchase." },
  );
  const more = page.hasMore ? `There is more: --cursor ${page.nextCursor}\n` : "";
  return {
    json: { ...page, data: page.data.map(renderPurchase) },
    text: text + paint("dim", more),
  };
}

const creditsOf = (left = zeroCredits) => formatCredits(left);
