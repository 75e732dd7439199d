import type { Purchase } from "../../checkout/rules.js";
import { formatCredits } from "../../kernel/credits.js";
import { publicId } from "../../kernel/ids.js";
import { formatMoney } from "../../kernel/money.js";
import { type Html, html } from "../../platform/http/html.js";
import type { UnfinishedRefund } from "../../reversals/list-unfinished.js";
import { atStripe } from "./at-stripe.js";
import { timeOf } from "./time-of.js";

/** Refunds that are neither known as done nor as failed, although there was time enough. */
export function unfinishedTable(
  refunds: readonly UnfinishedRefund[],
  linksToStripe: boolean,
): Html {
  if (refunds.length === 0)
    return html`<div class="card empty"><strong>None</strong>Every refund that was asked for is done, failed, or a moment old.</div>`;
  return html`<p class="soft small">Their credits are set aside. Each is looked for at Stripe every two minutes, and finished by what is found there.</p>
<div class="card sheet scroll"><table>
<thead><tr><th>Refund</th><th>State</th><th>At Stripe</th></tr></thead>
<tbody>${refunds.map((refund) => unfinishedRow(refund, linksToStripe))}</tbody></table></div>`;
}

function unfinishedRow(refund: UnfinishedRefund, linksToStripe: boolean): Html {
  const { id, money, credits, state, purchaseId, projectId, chargeId, stripeRefundId } = refund;
  const isKnown = state === "accepted";
  const shown = (object: string) => atStripe(object, refund, linksToStripe);
  return html`<tr>
<td><code>${publicId("refund", id)}</code><small>${formatMoney(money)} for ${formatCredits(credits)} credits</small>${timeOf(refund.createdAt)}</td>
<td><span class="state ${isKnown ? "info" : "warn"}">${state}</span><small>${isKnown ? "Stripe has it; it is not settled." : "It is not known whether Stripe has it."}</small></td>
<td>${shown(chargeId)}${stripeRefundId !== null && html`<small>${shown(stripeRefundId)}</small>`}<small>${publicId("purchase", purchaseId)}</small><small>${publicId("project", projectId)}</small></td>
</tr>`;
}

/** Purchases of whose refunds or disputes Stripe says something that has no rule: no credits move by it. */
export function unclearTable(purchases: readonly Purchase[], linksToStripe: boolean): Html {
  if (purchases.length === 0)
    return html`<div class="card empty"><strong>None</strong>Every refund and dispute is clear.</div>`;
  return html`<div class="card sheet scroll"><table>
<thead><tr><th>Purchase</th><th>What is not clear</th><th>At Stripe</th></tr></thead>
<tbody>${purchases.map((purchase) => unclearRow(purchase, linksToStripe))}</tbody></table></div>
<p class="soft small">Put it right at Stripe; what it says then is settled. See what is known: <code>npx chargly purchases show pur_… --project prj_…</code></p>`;
}

function unclearRow(purchase: Purchase, linksToStripe: boolean): Html {
  const { id, projectId, description, granted, reversed, paymentIntentId, problem } = purchase;
  const payment = paymentIntentId ?? "no payment";
  return html`<tr>
<td><code>${publicId("purchase", id)}</code><small>${description}</small><small>${formatCredits(reversed)} of ${formatCredits(granted)} credits taken back</small></td>
<td>${problem}</td>
<td>${atStripe(payment, purchase, linksToStripe)}<small>${publicId("project", projectId)}</small></td>
</tr>`;
}
