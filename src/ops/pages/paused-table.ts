import { publicId } from "../../kernel/ids.js";
import { type Html, html } from "../../platform/http/html.js";
import type { Project } from "../../tenancy/rules.js";
import { timeOf } from "./time-of.js";

/** Projects whose books broke an invariant: their usage is accepted and waits. */
export function pausedTable(projects: readonly Project[]): Html {
  if (projects.length === 0)
    return html`<div class="card empty"><strong>None</strong>The books of every project keep their invariants.</div>`;
  return html`<p class="soft small">Accepted usage waits. Look at what is wrong, then let the project go on: <code>chargly projects resume prj_…</code></p>
<div class="card sheet scroll"><table>
<thead><tr><th>Since</th><th>Project</th><th>What is broken</th></tr></thead>
<tbody>${projects.map(row)}</tbody></table></div>`;
}

function row({ id, name, pausedAt, pausedBecause }: Project): Html {
  const since = pausedAt === null ? "" : timeOf(pausedAt);
  return html`<tr><td class="nowrap">${since}</td><td>${name}<small>${publicId("project", id)}</small></td><td>${pausedBecause}</td></tr>`;
}
