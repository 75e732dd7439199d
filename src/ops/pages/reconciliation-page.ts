import { publicId } from "../../kernel/ids.js";
import { type Html, html } from "../../platform/http/html.js";
import type { PageReply } from "../../platform/http/reply.js";
import { rings } from "../../reconciliation/rules.js";
import type { ReconciliationView } from "../reconciliation/read-reconciliation.js";
import { healedTable, openCasesTable } from "./cases-table.js";
import { driftChart } from "./drift-chart.js";
import { operatorBar } from "./operator-bar.js";
import { operatorPage } from "./operator-page.js";
import { runsTable } from "./runs-table.js";

/** What differs between Stripe, the purchases and the ledger, and what was compared. Works without scripts. */
export function reconciliationPage(view: ReconciliationView): PageReply {
  const { open, runs, healed, drift, setting, said } = view;
  const body = html`${operatorBar("/ops/reconciliation")}
<h1>Reconciliation</h1>
${said !== undefined && html`<p class="notice info" role="status">${said}</p>`}
<h2>Open cases ${countOf(view)}</h2>
${openCasesTable(open.data, setting)}
${older(open.nextCursor, "cases")}
${foreignForm(view)}
<h2>Run now</h2>
${runForm(view)}
<h2>Drift over the last ${drift.length} days</h2>
${driftChart(drift)}
<h2>Runs</h2>
${runsTable(runs.data, setting.projects)}
${older(runs.nextCursor, "runs")}
<h2>Healed lately</h2>
${healedTable(healed.data, setting)}
<footer>Cases of all projects, the newest first. Times are UTC. Closing a case leaves a line in the audit log.</footer>`;
  return operatorPage({ title: "Reconciliation", width: "wide", body });
}

function countOf({ openCounts }: ReconciliationView): Html | undefined {
  const counts = Object.entries(openCounts);
  if (counts.length === 0) return undefined;
  return html`<span class="soft">${counts.map(([name, count]) => `${count} ${name.replaceAll("_", " ")}`).join(", ")}</span>`;
}

/** Offered once they are many: a shop that shares its Stripe account has one for each payment of the other. */
function foreignForm({ openCounts, setting }: ReconciliationView): Html | undefined {
  if ((openCounts.orphan_payment ?? 0) < 2) return undefined;
  return html`<details class="card"><summary>Dismiss all payments of other shops</summary>
<p class="soft small">For a Stripe account that sells other things, too. Second payments for a purchase stay open.</p>
<form class="inline" method="post" action="/ops/reconciliation/cases/dismiss-foreign">
${projectChoice(setting)}
<label>Why<input name="reason" required maxlength="500" autocomplete="off"></label>
<button type="submit">Dismiss them</button>
</form></details>`;
}

function projectChoice({ projects }: ReconciliationView["setting"]): Html {
  const named = [...projects].map(
    ([id, { name, mode }]) => [publicId("project", id), `${name} (${mode})`] as const,
  );
  return html`<label>Project<select name="project">${named.map(([id, name]) => html`<option value="${id}">${name}</option>`)}</select></label>`;
}

function runForm({ setting }: ReconciliationView): Html {
  if (setting.projects.size === 0)
    return html`<div class="card empty"><strong>No project</strong>There is nothing to compare.</div>`;
  return html`<form class="card inline" method="post" action="/ops/reconciliation/runs">
${projectChoice(setting)}
<label>What<select name="ring">${rings.map((ring) => html`<option value="${ring}">${ringWords[ring]}</option>`)}</select></label>
<button type="submit">Run now</button>
</form>`;
}

const ringWords = {
  events: "events since the last run",
  objects: "payments since the last run",
  full: "all payments of the window, and the balance",
  ledger: "the ledger's own rules",
} as const;

function older(cursor: string | null, name: "cases" | "runs"): Html | undefined {
  if (cursor === null) return undefined;
  return html`<nav class="pages"><a class="button quiet" href="/ops/reconciliation?${name}=${encodeURIComponent(cursor)}">Older ${name} →</a></nav>`;
}
