import { type Html, html } from "../../platform/http/html.js";
import { dashboardLink } from "../../platform/stripe-client/dashboard-link.js";

/** An object at Stripe by its id, with a link where the dashboard shows it. */
export function atStripe(
  object: string,
  where: { readonly accountId: string; readonly livemode: boolean },
  linksToStripe: boolean,
): Html {
  const link = linksToStripe ? dashboardLink(where, object) : undefined;
  if (link === undefined) return html`<code>${object}</code>`;
  return html`<a href="${link}" rel="noreferrer">${object}</a>`;
}
