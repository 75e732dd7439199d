import { publicId } from "../../kernel/ids.js";
import type { QuarantinedBatch } from "../../metering/list-quarantined-batches.js";
import { type Html, html } from "../../platform/http/html.js";
import { timeOf } from "./time-of.js";

/** Accepted usage that could not be applied. */
export function usageTable(batches: readonly QuarantinedBatch[]): Html {
  if (batches.length === 0)
    return html`<div class="card empty"><strong>None</strong>All usage that was accepted can be applied.</div>`;
  return html`<div class="card sheet scroll"><table>
<thead><tr><th>Batch</th><th class="number">Events</th><th>Why it is not applied</th></tr></thead>
<tbody>${batches.map(batchRow)}</tbody></table></div>
<p class="soft small">Once the cause is gone, apply it after all: <code>npx chargly usage retry ubat_… --project prj_…</code></p>`;
}

function batchRow({ id, projectId, events, problem, quarantinedAt }: QuarantinedBatch): Html {
  return html`<tr>
<td><code>${publicId("usageBatch", id)}</code>${timeOf(quarantinedAt)}<small>${publicId("project", projectId)}</small></td>
<td class="number">${events}</td>
<td>${problem}</td>
</tr>`;
}
