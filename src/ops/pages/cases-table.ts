import { type Credits, formatCredits } from "../../kernel/credits.js";
import { type ProjectId, publicId, type WalletId } from "../../kernel/ids.js";
import { formatMoney } from "../../kernel/money.js";
import { type Html, html } from "../../platform/http/html.js";
import type { Discrepancy } from "../../reconciliation/rules.js";
import type { Project } from "../../tenancy/rules.js";
import { stripeLink, stripePlaceOf } from "../rules.js";
import { timeOf } from "./time-of.js";

/** What a row of cases needs to know beside them. */
export interface CasesSetting {
  readonly projects: ReadonlyMap<ProjectId, Pick<Project, "name" | "mode">>;
  /** False when payments go to a simulator, which has no dashboard. */
  readonly linksToStripe: boolean;
  readonly publicUrl: string;
  readonly walletUrl: (walletId: WalletId) => string;
}

/** Differences that need a person, each with what can be done about it. */
export function openCasesTable(cases: readonly Discrepancy[], setting: CasesSetting): Html {
  if (cases.length === 0)
    return html`<div class="card empty"><strong>None</strong>Nothing differs, or all of it was settled.</div>`;
  return html`<div class="card sheet scroll"><table>
<thead><tr><th scope="col">Case</th><th scope="col">What differs</th><th scope="col">About</th><th scope="col">Close it</th></tr></thead>
<tbody>${cases.map((each) => html`<tr>${tellingCells(each, setting)}<td>${closingForms(each)}</td></tr>`)}</tbody></table></div>`;
}

/** Differences that reconciliation put right by itself. */
export function healedTable(cases: readonly Discrepancy[], setting: CasesSetting): Html {
  if (cases.length === 0)
    return html`<div class="card empty"><strong>None</strong>Nothing had to be healed yet.</div>`;
  return html`<div class="card sheet scroll"><table>
<thead><tr><th scope="col">Case</th><th scope="col">What differed</th><th scope="col">About</th><th scope="col" class="number">Credits</th></tr></thead>
<tbody>${cases.map((each) => html`<tr>${tellingCells(each, setting)}<td class="number">${credits(each.healedCredits)}${each.closedAt !== null && timeOf(each.closedAt)}</td></tr>`)}</tbody></table></div>`;
}

function tellingCells(found: Discrepancy, setting: CasesSetting): Html {
  const project = setting.projects.get(found.projectId);
  return html`<td><span class="state ${found.state === "open" ? "warn" : "good"}">${found.class.replaceAll("_", " ")}</span>${timeOf(found.createdAt)}<small>${project?.name ?? publicId("project", found.projectId)}</small></td>
<td>${found.detail}${figures(found)}</td>
<td>${about(found, setting)}</td>`;
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
${(expectedCredits !== null || actualCredits !== null) && html`<small>Credits: ${credits(actualCredits)} instead of ${credits(expectedCredits)}</small>`}`;
}

function credits(amount: Credits | null): string {
  return amount === null ? "none" : formatCredits(amount);
}

function about(found: Discrepancy, { linksToStripe, publicUrl, walletUrl }: CasesSetting): Html {
  const { purchaseId, walletId, stripeObject, accountId, livemode } = found;
  const purchase = purchaseId === null ? undefined : publicId("purchase", purchaseId);
  return html`${purchase !== undefined && html`<small>Purchase <a href="${publicUrl}/checkout/${purchase}">${purchase}</a></small>`}
${walletId !== null && html`<small>Wallet <a href="${walletUrl(walletId)}">${publicId("wallet", walletId)}</a></small>`}
${stripeObject !== null && html`<small>Stripe ${atStripe({ stripeObject, accountId, livemode }, linksToStripe)}</small>`}
${accountId === null ? html`<small>${found.subject}</small>` : html`<small>${accountId}, ${livemode === true ? "live" : "test"}</small>`}`;
}

function atStripe(
  {
    stripeObject,
    accountId,
    livemode,
  }: {
    readonly stripeObject: string;
    readonly accountId: string | null;
    readonly livemode: boolean | null;
  },
  linksToStripe: boolean,
): Html {
  const kind = stripePlaceOf(stripeObject);
  if (!linksToStripe || accountId === null || kind === undefined)
    return html`<code>${stripeObject}</code>`;
  const url = stripeLink({ accountId, livemode: livemode === true }, { kind, id: stripeObject });
  return html`<a href="${url}" rel="noreferrer">${stripeObject}</a>`;
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
