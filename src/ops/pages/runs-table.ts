import { type ProjectId, publicId } from "../../kernel/ids.js";
import { formatMoney } from "../../kernel/money.js";
import { type Html, html } from "../../platform/http/html.js";
import {
  type CountName,
  countNames,
  isOfWholeLedger,
  type Run,
} from "../../reconciliation/rules.js";
import type { Project } from "../../tenancy/rules.js";
import { timeOf } from "./time-of.js";

/** What was compared, how much of it, and what came of it. */
export function runsTable(
  runs: readonly Run[],
  projects: ReadonlyMap<ProjectId, Pick<Project, "name">>,
): Html {
  if (runs.length === 0)
    return html`<div class="card empty"><strong>No runs yet</strong>A scheduler and a worker compare every few minutes; or run one now.</div>`;
  return html`<div class="card sheet scroll"><table class="stack">
<thead><tr><th scope="col">Run</th><th scope="col">Compared</th><th scope="col">Sums</th><th scope="col" class="number">Differ</th><th scope="col" class="number">Healed</th></tr></thead>
<tbody>${runs.map((run) => runRow(run, projects.get(run.projectId)?.name))}</tbody></table></div>`;
}

function runRow(run: Run, project: string | undefined): Html {
  const { ring, counts, accountId, livemode } = run;
  const where =
    accountId === null ? "the ledger" : `${accountId}, ${livemode === true ? "live" : "test"}`;
  return html`<tr>
<td>${ring}${run.dryRun && " (dry run)"} ${stateOf(run)}${timeOf(run.startedAt)}<small>${project ?? publicId("project", run.projectId)}: ${where}</small><small><a href="/ops/reconciliation/runs/${publicId("reconciliationRun", run.id)}">JSON</a></small></td>
<td>${comparedWords(run)}<small>${windowWords(run)}</small>${run.bridgedFrom !== null && html`<small>Stripe had no events before ${spokenTime(run.bridgedFrom)}: objects were compared.</small>`}${run.problem !== null && html`<small>${run.problem}</small>`}</td>
<td>${Object.entries(run.sums).map(([currency, amounts]) => sumsOf(currency, amounts))}</td>
<td class="number" data-name="Differ">${(counts.found ?? 0) > 0 ? html`<span class="some">${counts.found}</span>` : "0"}</td>
<td class="number" data-name="Healed">${counts.healed ?? 0}</td>
</tr>`;
}

function stateOf({ state, phase }: Run): Html {
  const tone = state === "finished" ? "good" : state === "failed" ? "bad" : "info";
  return html`<span class="state ${tone}">${state}${phase !== null && `: ${phase}`}</span>`;
}

/** `balanceTransactions` is a name for machines. */
function spoken(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}

const results: ReadonlySet<CountName> = new Set(["found", "healed", "resolved", "requests"]);

function windowWords(run: Run): string {
  const { ring, windowFrom, windowTo } = run;
  if (ring === "ledger" && isOfWholeLedger(run)) return `all of its rows, ${spokenTime(windowTo)}`;
  const words = `${spokenTime(windowFrom)} to ${spokenTime(windowTo)}`;
  return ring === "ledger" ? `wallets that moved from ${words}` : words;
}

function comparedWords({ ring, counts }: Run): string {
  if (ring === "ledger") return `${counts.rules ?? 0} rules of the ledger`;
  const parts = countNames.flatMap((name) => {
    const count = counts[name] ?? 0;
    return count === 0 || results.has(name) ? [] : [`${count} ${spoken(name)}`];
  });
  return parts.length === 0 ? "nothing new" : parts.join(", ");
}

function sumsOf(currency: string, amounts: Run["sums"][string]): Html {
  const parts = Object.entries(amounts).filter(([, amountMinor]) => amountMinor !== 0n);
  if (parts.length === 0) return html``;
  return html`<small>${parts.map(([name, amountMinor]) => `${spoken(name)} ${formatMoney({ amountMinor, currency })}`).join(", ")}</small>`;
}

function spokenTime(at: Date): string {
  return at.toISOString().slice(0, 16).replace("T", " ");
}
