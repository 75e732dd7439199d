import type { Command } from "commander";
import { type Credits, formatCredits } from "../../kernel/credits.js";
import type { PurchaseId } from "../../kernel/ids.js";
import { formatMoney } from "../../kernel/money.js";
import { positiveCredits, publicIdOf } from "../../platform/http/schemas.js";
import { renderPreview, renderRefund } from "../../reversals/render-refund.js";
import { previewRefund, refundPurchase } from "../../reversals/request-refund.js";
import { thawPurchase } from "../../reversals/warnings/thaw-purchase.js";
import { argument, type Cli, cliActor, type ProjectOption, withProject } from "./cli.js";
import { renderFields } from "./table.js";

interface RefundOptions extends ProjectOption {
  readonly credits?: Credits;
  readonly dryRun?: boolean;
}

const purchase = argument(publicIdOf("purchase"));

export function addRefunding(purchases: Command, cli: Cli): void {
  withProject(purchases.command("refund"))
    .description("Send back the money of what is unspent of a purchase, and take the credits.")
    .argument("<purchase>", "its id, pur_…", purchase)
    .option(
      "--credits <credits>",
      "of so many; everything unspent without it",
      argument(positiveCredits),
    )
    .option("--dry-run", "show what it would be, and do nothing")
    .addHelpText(
      "after",
      "\nExample:\n  $ chargly purchases refund pur_01k2x3v9g7f6q8r5s4t3w2y1z0 --dry-run",
    )
    .action(async (id: PurchaseId, options: RefundOptions) =>
      cli.runIn(options, async (ctx, { id: projectId }) => {
        const { credits } = options;
        const ask =
          credits === undefined
            ? { type: "everything" as const }
            : { type: "credits" as const, credits };
        const order = { projectId, purchaseId: id, ask };
        if (options.dryRun === true) {
          const preview = await previewRefund(ctx, order);
          const json = renderPreview(id, preview);
          return { json, text: renderFields([...amounts(preview)], cli.paint) };
        }
        const refund = await refundPurchase(ctx, { ...order, actor: cliActor() });
        const json = renderRefund(refund);
        const fields = [
          ["refund", json.id ?? "-"],
          ["status", json.status],
          ...amounts(refund),
        ] as const;
        return { json, text: renderFields(fields, cli.paint) };
      }),
    );
  withProject(purchases.command("unfreeze"))
    .description("Free the credits of a purchase that a warning of fraud has set aside.")
    .argument("<purchase>", "its id, pur_…", purchase)
    .action(async (id: PurchaseId, options: ProjectOption) =>
      cli.runIn(options, async (ctx, { id: projectId }) => {
        await thawPurchase(ctx, { projectId, purchaseId: id }, cliActor());
        return {
          json: { unfrozen: true },
          text: "Nothing of it is set aside against fraud any more.\n",
        };
      }),
    );
}

function amounts({
  money,
  credits,
}: Parameters<typeof renderPreview>[1]): readonly (readonly [string, string])[] {
  return [
    ["money", formatMoney(money)],
    ["credits", formatCredits(credits)],
  ];
}
