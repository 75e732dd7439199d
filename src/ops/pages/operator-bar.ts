import { type Html, html } from "../../platform/http/html.js";
import { boardPath } from "../board/board-path.js";

/** Where an operator can go; `here` is the page that shows it. */
export function operatorBar(here: "/ops" | "/ops/reconciliation"): Html {
  const link = (path: string, name: string) =>
    path === here
      ? html`<a href="${path}" aria-current="page">${name}</a>`
      : html`<a href="${path}">${name}</a>`;
  return html`<header class="bar"><strong>Chargly</strong>
${link("/ops", "Overview")}
${link("/ops/reconciliation", "Reconciliation")}
${link(boardPath, "Bull Board")}
<form method="post" action="/ops/logout"><button class="quiet" type="submit">Log out</button></form></header>`;
}
