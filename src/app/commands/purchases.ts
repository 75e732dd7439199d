import type { Command } from "commander";
import { listQuarantined, type QuarantinedPurchase } from "../../checkout/list-quarantined.js";
import { readCheckout } from "../../checkout/read-checkout.js";
import { releasePurchase } from "../../checkout/release-purchase.js";
import { renderCheckout } from "../../checkout/render-checkout.js";
import { creditsToJson, formatCredits } from "../../kernel/credits.js";
import { type PurchaseId, publicId } from "../../kernel/ids.js";
import { publicIdOf, renderMoney } from "../../platform/http/schemas.js";
import { chooseProject } from "../../tenancy/choose-project.js";
import {
  type Answer,
  argument,
  type Cli,
  cliActor,
  type ProjectOption,
  withProject,
} from "./cli.js";
import { addListing } from "./list-purchases.js";
import { addRefunding } from "./refund-purchase.js";
import { showPurchase } from "./show-purchase.js";
import { renderFields, renderTable } from "./table.js";

const listedMax = 1_000;

export function addPurchases(program: Command, cli: Cli): void {
  const purchases = program
    .command("purchases")
    .description(
      "Purchases: what became of their credits, what went back, and what waits for a person.",
    );
  addListing(purchases, cli);
  withProject(purchases.command("show"))
    .description("Show a purchase, and its refunds and disputes as Stripe said them last.")
    .argument("<purchase>", "its id, pur_…", argument(publicIdOf("purchase")))
    .action(async (id: PurchaseId, options: ProjectOption) =>
      cli.runIn(options, (ctx, project) => showPurchase(ctx, project, id, cli)),
    );
  addRefunding(purchases, cli);
  purchases
    .command("quarantined")
    .description("List them with the reason, the newest first, over all projects.")
    .option("-p, --project <id or name>", "of this project alone")
    .action(async ({ project }: ProjectOption) =>
      cli.run(async (ctx) => {
        const chosen = project === undefined ? undefined : await chooseProject(ctx, project);
        const held = await listQuarantined(ctx, { limit: listedMax });
        return listed(
          held.filter(({ projectId }) => chosen === undefined || projectId === chosen.id),
          cli,
        );
      }),
    );
  withProject(purchases.command("release"))
    .description(
      "Take a purchase out of quarantine and settle it by what Stripe says now. What still does not match stays.",
    )
    .argument("<purchase>", "its id, pur_…", argument(publicIdOf("purchase")))
    .addHelpText(
      "after",
      "\nExample:\n  $ chargly purchases quarantined\n  $ chargly purchases release pur_01k2x3v9g7f6q8r5s4t3w2y1z0",
    )
    .action(async (id: PurchaseId, options: ProjectOption) =>
      cli.runIn(options, async (ctx, project) => {
        await releasePurchase(ctx, project.id, id, cliActor());
        const checkout = renderCheckout(await readCheckout(ctx, project.id, id), ctx.publicUrl);
        const fields = [
          ["purchase", checkout.id],
          ["customer", checkout.customerId],
          ["bought", checkout.description],
          ["status", checkout.status],
        ] as const;
        return { json: checkout, text: renderFields(fields, cli.paint) };
      }),
    );
}

function quarantinedJson(held: QuarantinedPurchase) {
  return {
    id: publicId("purchase", held.id),
    projectId: publicId("project", held.projectId),
    description: held.description,
    credits: creditsToJson(held.credits),
    price: renderMoney(held.price),
    reason: held.reason,
    stripe: {
      account: held.accountId,
      livemode: held.livemode,
      checkoutSession: held.checkoutSessionId,
      paymentIntent: held.paymentIntentId,
    },
    quarantinedAt: held.quarantinedAt.toISOString(),
  };
}

function listed(purchases: readonly QuarantinedPurchase[], { paint }: Cli): Answer {
  const text = renderTable(
    [
      { title: "purchase", cell: ({ id }) => publicId("purchase", id) },
      { title: "since", cell: ({ quarantinedAt }) => quarantinedAt.toISOString() },
      { title: "credits", cell: ({ credits }) => formatCredits(credits), align: "right" },
      { title: "reason", cell: ({ reason }) => reason },
      { title: "payment", cell: (held) => held.paymentIntentId ?? held.checkoutSessionId ?? "-" },
    ],
    purchases,
    { paint, none: "No purchase is quarantined." },
  );
  return { json: { data: purchases.map(quarantinedJson) }, text };
}
