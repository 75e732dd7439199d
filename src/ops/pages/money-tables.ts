import type { QuarantinedPurchase } from "../../checkout/list-quarantined.js";
import { formatCredits } from "../../kernel/credits.js";
import { publicId } from "../../kernel/ids.js";
import { formatMoney } from "../../kernel/money.js";
import { type Html, html } from "../../platform/http/html.js";
import type { TroubledEvent } from "../../stripe-events/list-troubled-events.js";
import { dashboardLink } from "../../platform/stripe-client/dashboard-link.js";
import { atStripe } from "./at-stripe.js";
import { timeOf } from "./time-of.js";

/** Purchases that gave no credits because their payment is not what was agreed. */
export function purchasesTable(
  purchases: readonly QuarantinedPurchase[],
  linksToStripe: boolean,
): Html {
  if (purchases.length === 0)
    return html`<div class="card empty"><strong>None</strong>Every payment matches what was agreed.</div>`;
  return html`<div class="card sheet scroll"><table>
<thead><tr><th>Purchase</th><th>Why it gave no credits</th><th>At Stripe</th></tr></thead>
<tbody>${purchases.map((purchase) => purchaseRow(purchase, linksToStripe))}</tbody></table></div>
${hint("Put it right at Stripe, then settle it again:", "npx chargly purchases release pur_… --project prj_…")}`;
}

function purchaseRow(purchase: QuarantinedPurchase, linksToStripe: boolean): Html {
  const { price, credits, checkoutSessionId, paymentIntentId } = purchase;
  const shown = (id: string) => atStripe(id, purchase, linksToStripe);
  return html`<tr>
<td><code>${publicId("purchase", purchase.id)}</code><small>${formatCredits(credits)} credits for ${formatMoney(price)}</small>${timeOf(purchase.quarantinedAt)}<small>${publicId("project", purchase.projectId)}</small></td>
<td>${purchase.reason}</td>
<td>${paymentIntentId === null ? "no payment" : shown(paymentIntentId)}${checkoutSessionId !== null && html`<small>${shown(checkoutSessionId)}</small>`}<small>${where(purchase)}</small></td>
</tr>`;
}

/** Events that were given up, and events whose type nothing handles. */
export function eventsTable(events: readonly TroubledEvent[], linksToStripe: boolean): Html {
  if (events.length === 0)
    return html`<div class="card empty"><strong>None</strong>Every event was handled, or had nothing to do with Chargly.</div>`;
  return html`<div class="card sheet scroll"><table>
<thead><tr><th>Event</th><th>State</th><th>Why</th><th>Received</th></tr></thead>
<tbody>${events.map((event) => eventRow(event, linksToStripe))}</tbody></table></div>
${hint("Once the cause is gone, or Chargly has learnt the type, process it again:", "npx chargly events retry evt_… --project prj_…")}`;
}

function hint(words: string, command: string): Html {
  return html`<p class="soft small">${words} <code>${command}</code></p>`;
}

function eventRow(event: TroubledEvent, linksToStripe: boolean): Html {
  const { eventId, status } = event;
  const id = linksToStripe
    ? html`<a href="${dashboardLink(event, eventId) ?? ""}" rel="noreferrer">${eventId}</a>`
    : eventId;
  return html`<tr>
<td>${event.type}<small>${id}</small><small>${publicId("project", event.projectId)}</small></td>
<td><span class="state ${status === "failed" ? "bad" : "warn"}">${status}</span></td>
<td>${event.reason ?? "No reason was kept."}<small>${event.attempts} attempts</small></td>
<td>${timeOf(event.receivedAt)}<small>${where(event)}</small></td>
</tr>`;
}

function where({ accountId, livemode }: { accountId: string; livemode: boolean }): string {
  return `${accountId}, ${livemode ? "live" : "test"}`;
}
