import { type Html, html } from "../../platform/http/html.js";
import type { ScheduleState } from "../../platform/schedules/store.js";
import { isOverdue } from "../rules.js";
import { timeOf } from "./time-of.js";

/** What recurs: when it ran, how it went, and whether anybody runs it at all. */
export function schedulesTable(schedules: readonly ScheduleState[], nowMs: number): Html {
  if (schedules.length === 0)
    return html`<div class="card empty"><strong>None yet</strong>No scheduler has ever run on this database.</div>`;
  return html`<div class="card sheet scroll"><table>
<thead><tr><th>Schedule</th><th>State</th><th>Last run</th><th>Last error</th><th class="number">Runs</th></tr></thead>
<tbody>${schedules.map((schedule) => scheduleRow(schedule, nowMs))}</tbody></table></div>`;
}

function scheduleRow(schedule: ScheduleState, nowMs: number): Html {
  const [tone, word] = stateOf(schedule, nowMs);
  return html`<tr>
<td>${schedule.name}<small>every ${spokenSeconds(schedule.everySeconds)}</small></td>
<td><span class="state ${tone}">${word}</span></td>
<td>${schedule.lastFinishedAt === null ? "never" : timeOf(schedule.lastFinishedAt)}</td>
<td>${schedule.lastError ?? "none"}</td>
<td class="number">${schedule.runs}</td>
</tr>`;
}

function stateOf(schedule: ScheduleState, nowMs: number): readonly [tone: string, word: string] {
  if (schedule.failures > 0) return ["bad", `failed ${schedule.failures} times in a row`];
  if (isOverdue(schedule, nowMs)) return ["bad", "overdue: is a scheduler running?"];
  if (schedule.claimedUntil !== null && schedule.claimedUntil.getTime() > nowMs)
    return ["info", "running"];
  return ["good", "on time"];
}

function spokenSeconds(seconds: number): string {
  if (seconds % 86_400 === 0) return `${seconds / 86_400} d`;
  if (seconds % 3_600 === 0) return `${seconds / 3_600} h`;
  return seconds % 60 === 0 ? `${seconds / 60} min` : `${seconds} s`;
}
