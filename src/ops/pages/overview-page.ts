import { type Html, html } from "../../platform/http/html.js";
import type { PageReply } from "../../platform/http/reply.js";
import { boardPath } from "../board/board-path.js";
import type { QueueState } from "../read-queues.js";
import { type Overview, type Section, shownMax } from "../read-overview.js";
import type { Check } from "../rules.js";
import { eventsTable, purchasesTable } from "./money-tables.js";
import { operatorBar } from "./operator-bar.js";
import { operatorPage } from "./operator-page.js";
import { pausedTable } from "./paused-table.js";
import { unclearTable, unfinishedTable } from "./refunds-table.js";
import { schedulesTable } from "./schedules-table.js";
import { usageTable } from "./usage-table.js";

/** The operator's first page: what is wrong, what waits for a person, what moves. Works without scripts. */
export function overviewPage(overview: Overview): PageReply {
  const { nowMs, linksToStripe } = overview;
  const body = html`${operatorBar("/ops")}
<h1>Operations</h1>
<p class="soft small">As of ${new Date(nowMs).toISOString().replace("T", " ").slice(0, 19)} UTC. <a href="/ops">Read again</a></p>
<h2>Health of this process</h2>
<ul class="checks">${overview.checks.map(checkCard)}${inboxCard(overview)}</ul>
<h2>Paused projects ${count(overview.paused)}</h2>
${sectionOf(overview.paused, pausedTable)}
<h2>Quarantined purchases ${count(overview.quarantined)}</h2>
${sectionOf(overview.quarantined, (purchases) => purchasesTable(purchases, linksToStripe))}
<h2>Refunds that nobody has finished ${count(overview.refunds)}</h2>
${sectionOf(overview.refunds, (refunds) => unfinishedTable(refunds, linksToStripe))}
<h2>Unclear refunds and disputes ${count(overview.unclear)}</h2>
${sectionOf(overview.unclear, (purchases) => unclearTable(purchases, linksToStripe))}
<h2>Quarantined usage ${count(overview.usage)}</h2>
${sectionOf(overview.usage, usageTable)}
<h2>Stripe events that had no effect ${count(overview.events)}</h2>
${sectionOf(overview.events, (events) => eventsTable(events, linksToStripe))}
<h2>Queues</h2>
${queuesTable(overview.queues)}
<h2>Schedules</h2>
${sectionOf(overview.schedules, (schedules) => schedulesTable(schedules, nowMs))}
<footer>At most ${shownMax} of each are shown, the newest first. Times are UTC.</footer>`;
  return operatorPage({ title: "Operations", width: "wide", body });
}

function checkCard({ name, ok, detail }: Check): Html {
  const word = ok ? "ok" : "failing";
  return html`<li class="card"><div class="head"><span>${spoken(name)}</span><span class="state ${ok ? "good" : "bad"}">${word}</span></div><p>${detail}</p></li>`;
}

/** Events that wait longer than a minute mean that no worker handles them, whatever this process says of itself. */
const lagMaxSeconds = 60;

function inboxCard({ inbox }: Overview): Html {
  if ("why" in inbox) return checkCard({ name: "stripeInbox", ok: false, detail: inbox.why });
  const { waiting, oldestSeconds } = inbox.data;
  const oldest = `, the oldest for ${Math.round(oldestSeconds)} s`;
  const detail = `${waiting} events wait${waiting === 0 ? "" : oldest}`;
  return checkCard({ name: "stripeInbox", ok: oldestSeconds <= lagMaxSeconds, detail });
}

/** `eventLoop` is a name for machines. */
function spoken(name: string): string {
  const words = name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
  return words.charAt(0).toUpperCase() + words.slice(1);
}

function count(section: Section<readonly unknown[]>): Html | undefined {
  if ("why" in section || section.data.length === 0) return undefined;
  return html`<span class="soft">${section.data.length}</span>`;
}

function sectionOf<T>(section: Section<T>, render: (data: T) => Html): Html {
  if ("data" in section) return render(section.data);
  return html`<p class="notice bad">This could not be read: ${section.why}</p>`;
}

function queuesTable(queues: readonly QueueState[]): Html {
  if (queues.length === 0)
    return html`<div class="card empty"><strong>No queues</strong>No job is declared.</div>`;
  return html`<div class="card sheet scroll"><table>
<thead><tr><th>Queue</th><th class="number">Waiting</th><th class="number">Active</th><th class="number">Delayed</th><th class="number">Failed</th><th class="number">Kept as done</th></tr></thead>
<tbody>${queues.map(queueRow)}</tbody></table></div>`;
}

function queueRow({ name, jobs, counts, why }: QueueState): Html {
  const link = `${boardPath}/queue/${encodeURIComponent(name)}`;
  const first = html`<td><a href="${link}">${name}</a><small>${jobs.join(", ")}</small></td>`;
  if (counts === undefined)
    return html`<tr>${first}<td colspan="5"><span class="state bad">no answer</span> ${why}</td></tr>`;
  const failed =
    counts.failed > 0
      ? html`<a class="some" href="${link}?status=failed">${counts.failed}</a>`
      : "0";
  return html`<tr>${first}<td class="number">${counts.waiting}</td><td class="number">${counts.active}</td><td class="number">${counts.delayed}</td><td class="number">${failed}</td><td class="number">${counts.completed}</td></tr>`;
}
