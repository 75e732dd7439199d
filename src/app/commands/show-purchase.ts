import { type Checkout, readCheckout } from "../../checkout/read-checkout.js";
import { renderCheckout } from "../../checkout/render-checkout.js";
import { type KeptReturn, readReturns } from "../../checkout/returns/read-returns.js";
import { formatCredits } from "../../kernel/credits.js";
import type { PurchaseId } from "../../kernel/ids.js";
import { formatMoney } from "../../kernel/money.js";
import { renderMoney } from "../../platform/http/schemas.js";
import type { Project } from "../../tenancy/rules.js";
import type { Answer, Cli } from "./cli.js";
import type { CommandContext } from "./command-context.js";
import { renderFields, renderTable } from "./table.js";

/** A purchase with what went back of it, as Stripe said last. */
export async function showPurchase(
  ctx: CommandContext,
  { id: projectId }: Pick<Project, "id">,
  id: PurchaseId,
  cli: Cli,
): Promise<Answer> {
  const checkout = await readCheckout(ctx, projectId, id);
  const returns = await readReturns(ctx, projectId, id);
  const json = {
    ...renderCheckout(checkout, ctx.publicUrl),
    returns: returns.map(returnJson),
  };
  const text = `${renderFields(fieldsOf(checkout, json.status), cli.paint)}\n${returnsTable(returns, cli)}`;
  return { json, text };
}

function fieldsOf({ purchase, customerId }: Checkout, status: string) {
  const { granted, reversed, problem, paymentIntentId, disputed } = purchase;
  return [
    ["customer", customerId],
    ["bought", purchase.description],
    ["status", disputed ? `${status}, disputed` : status],
    ["granted", formatCredits(granted)],
    ["taken back", formatCredits(reversed)],
    ["payment", paymentIntentId ?? "-"],
    ...(problem === null ? [] : [["problem", problem] as const]),
  ] as const;
}

function returnJson({ kind, id, status, createdAt, ...money }: KeptReturn) {
  const { currency, withheldMinor } = money;
  return {
    kind,
    id,
    status,
    amount: renderMoney(money),
    withheld: withheldMinor === null ? null : renderMoney({ amountMinor: withheldMinor, currency }),
    createdAt: createdAt.toISOString(),
  };
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
