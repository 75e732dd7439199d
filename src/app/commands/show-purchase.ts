import { type PurchaseStory, readPurchase } from "../../checkout/purchases/read-purchase.js";
import { renderPurchaseStory } from "../../checkout/purchases/render-purchase.js";
import type { KeptReturn } from "../../checkout/returns/read-returns.js";
import { formatCredits, zeroCredits } from "../../kernel/credits.js";
import type { PurchaseId } from "../../kernel/ids.js";
import { formatMoney } from "../../kernel/money.js";
import type { Project } from "../../tenancy/rules.js";
import type { Answer, Cli } from "./cli.js";
import type { CommandContext } from "./command-context.js";
import { renderFields, renderTable } from "./table.js";

/** A purchase with what became of its credits and of its money, as Stripe said last. */
export async function showPurchase(
  ctx: CommandContext,
  { id: projectId }: Pick<Project, "id">,
  id: PurchaseId,
  cli: Cli,
): Promise<Answer> {
  const story = await readPurchase(ctx, projectId, id);
  const json = renderPurchaseStory(story);
  const text = `${renderFields(fieldsOf(story, json.status), cli.paint)}\n${returnsTable(story.returns, cli)}`;
  return { json, text };
}

function fieldsOf({ purchase, customerId, lot }: PurchaseStory, status: string) {
  const { granted, reversed, problem, paymentIntentId, disputed } = purchase;
  return [
    ["customer", customerId],
    ["bought", purchase.description],
    ["status", disputed ? `${status}, disputed` : status],
    ["granted", formatCredits(granted)],
    ["taken back", formatCredits(reversed)],
    ["used", formatCredits(lot?.used ?? zeroCredits)],
    ["left", formatCredits(lot?.remaining ?? zeroCredits)],
    ["set aside", formatCredits(lot?.held ?? zeroCredits)],
    ["expires", lot?.expiresAt?.toISOString() ?? "-"],
    ["payment", paymentIntentId ?? "-"],
    ...(problem === null ? [] : [["problem", problem] as const]),
  ] as const;
}

function returnsTable(returns: readonly KeptReturn[], { paint }: Cli): string {
  return renderTable(
    [
      { title: "went back", cell: ({ id }) => id },
      { title: "at", cell: ({ createdAt }) => createdAt.toISOString() },
      { title: "status", cell: ({ status }) => status },
      { title: "amount", cell: formatMoney, align: "right" },
      { title: "withheld", cell: withheld, align: "right" },
    ],
    returns,
    { paint, none: "Nothing went back." },
  );
}

function withheld({ withheldMinor, currency }: KeptReturn): string {
  return withheldMinor === null ? "-" : formatMoney({ amountMinor: withheldMinor, currency });
}
