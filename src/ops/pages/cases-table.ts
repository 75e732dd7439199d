import { type Credits, formatCredits } from "../../kernel/credits.js";
import { type ProjectId, publicId } from "../../kernel/ids.js";
import { formatMoney } from "../../kernel/money.js";
import { type Html, html } from "../../platform/http/html.js";
import { type LinkSetting, linksOf } from "../../reconciliation/links.js";
import type { Discrepancy } from "../../reconciliation/rules.js";
import type { Project } from "../../tenancy/rules.js";
import { timeOf } from "./time-of.js";

/** What a row of cases needs to know beside them. */
export interface CasesSetting extends LinkSetting {
  readonly projects: ReadonlyMap<ProjectId, Pick<Project, "name" | "mode">>;
}

/** Differences that need a person, each with what can be done about it. */
export function openCasesTable(cases: readonly Discrepancy[], setting: CasesSetting): Html {
  if (cases.length === 0)
    return html`<div class="card empty"><strong>None</strong>Nothing differs, or all of it was settled.</div>`;
  return html`<div class="card sheet scroll"><table class="stack">
<thead><tr><th scope="col">Case</th><th scope="col">What differs</th><th scope="col">About</th><th scope="col">Close it</th></tr></thead>
<tbody>${cases.map((each) => html`<tr>${tellingCells(each, setting)}<td>${closingForms(each)}</td></tr>`)}</tbody></table></div>`;
}

/** Differences that reconciliation put right by itself. */
export function healedTable(cases: readonly Discrepancy[], setting: CasesSetting): Html {
  if (cases.length === 0)
    return html`<div class="card empty"><strong>None</strong>Nothing had to be healed yet.</div>`;
  return html`<div class="card sheet scroll"><table class="stack">
<thead><tr><th scope="col">Case</th><th scope="col">What differed</th><th scope="col">About</th><th scope="col" class="number">Credits</th></tr></thead>
<tbody>${cases.map((each) => html`<tr>${tellingCells(each, setting)}<td class="number" data-name="Credits">${credits(each.healedCredits)}${each.closedAt !== null && timeOf(each.closedAt)}</td></tr>`)}</tbody></table></div>`;
}

function tellingCells(found: Discrepancy, setting: CasesSetting): Html {
  const project = setting.projects.get(found.projectId);
  return html`<td><span class="state ${found.state === "open" ? "warn" : "good"}">${found.class.replaceAll("_", " ")}</span>${timeOf(found.createdAt)}<small>${project?.name ?? publicId("project", found.projectId)}</small></td>
<td>${found.detail}${figures(found)}</td>
<td class="about">${about(found, setting)}</td>`;
}

function figures({
  currency,
  bookedMinor,
  stripeMinor,
  expectedCredits,
  actualCredits,
}: Discrepancy): Html {
  const money = (amountMinor: bigint | null) =>
    amountMinor === null || currency === null ? "nothing" : formatMoney({ amountMinor, currency });
  return html`${(bookedMinor !== null || stripeMinor !== null) && html`<small>Booked ${money(bookedMinor)}, at Stripe ${money(stripeMinor)}</small>`}
${actualCredits !== null && html`<small>${expectedCredits === null ? `Credits taken back: ${credits(actualCredits)}` : `Credits: ${credits(actualCredits)} instead of ${credits(expectedCredits)}`}</small>`}`;
}

function credits(amount: Credits | null): string {
  return amount === null ? "none" : formatCredits(amount);
}

function about(found: Discrepancy, setting: CasesSetting): Html {
  const { purchaseId, walletId, stripeObject, accountId, livemode } = found;
  const links = linksOf(found, found, setting);
  return html`${purchaseId !== null && html`<small>Purchase ${linked(publicId("purchase", purchaseId), links.purchase)}</small>`}
${walletId !== null && html`<small>Wallet ${linked(publicId("wallet", walletId), links.wallet)}</small>`}
${stripeObject !== null && html`<small>Stripe ${linked(stripeObject, links.stripe)}</small>`}
${accountId === null ? html`<small>${found.subject}</small>` : html`<small>${accountId}, ${livemode === true ? "live" : "test"}</small>`}`;
}

function linked(name: string, url: string | null): Html {
  return url === null
    ? html`<code>${name}</code>`
    : html`<a href="${url}" rel="noreferrer">${name}</a>`;
}

/** Folded away until they are wanted; each says why, for the audit log. */
function closingForms({ id, projectId, class: name }: Discrepancy): Html {
  const reference = publicId("discrepancy", id);
  const form = (act: string, fields: Html, words: string) =>
    html`<details><summary>${words}</summary><form method="post" action="/ops/reconciliation/cases/${reference}/${act}">
<input type="hidden" name="project" value="${publicId("project", projectId)}">
${fields}
<label>Why<input name="reason" required maxlength="500" autocomplete="off"></label>
<button type="submit">${words}</button></form></details>`;
  const whose = html`<label>Customer<input name="customerId" required maxlength="255" autocomplete="off"></label>
<label>Credits<input name="credits" required inputmode="decimal" autocomplete="off"></label>`;
  return html`${name === "orphan_payment" && form("assign", whose, "Assign to a customer")}${form("dismiss", html``, "Dismiss")}`;
}
