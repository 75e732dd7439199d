import { type Html, html } from "../../platform/http/html.js";
import type { DriftDay } from "../../reconciliation/read-drift.js";

const width = 720;
const height = 150;
/** Room for the words below the bars. */
const floor = 126;
const top = 14;

/** Differences by day as bars, with the same in a sentence and a table for who sees no picture. */
export function driftChart(days: readonly DriftDay[]): Html {
  const most = Math.max(...days.map(({ found, open }) => Math.max(found, open)));
  const [first, last] = [days[0], days.at(-1)];
  if (first === undefined || last === undefined || most === 0)
    return html`<div class="card empty"><strong>No drift</strong>Nothing differed in the last ${days.length} days.</div>`;
  const found = sum(days, ({ found: each }) => each);
  const healed = sum(days, ({ healed: each }) => each);
  const said = `From ${first.day} to ${last.day}, ${found} differences were found and ${healed} healed; ${last.open} are open.`;
  return html`<figure class="card chart">
<svg viewBox="0 0 ${width} ${height}" role="img" aria-labelledby="drift-title drift-said"><title id="drift-title">Differences by day</title><desc id="drift-said">${said}</desc>
<line class="axis" x1="0" y1="${floor}" x2="${width}" y2="${floor}"/>
${days.map((day, index) => barsOf(day, index * (width / days.length), { step: width / days.length, most }))}
<text x="0" y="${height - 4}">${first.day}</text><text x="${width}" y="${height - 4}" text-anchor="end">${last.day}</text><text x="0" y="10">${most}</text>
</svg>
<figcaption>${said} <span class="key found">found</span> <span class="key healed">healed</span> <span class="key open">open at the end of the day</span></figcaption>
<details><summary>The same as a table</summary><table>
<thead><tr><th scope="col">Day</th><th scope="col" class="number">Found</th><th scope="col" class="number">Healed</th><th scope="col" class="number">Open</th></tr></thead>
<tbody>${days.filter(hasFigures).map(rowOf)}</tbody></table></details>
</figure>`;
}

function barsOf(
  { found, healed, open }: DriftDay,
  left: number,
  { step, most }: { readonly step: number; readonly most: number },
): Html {
  const thickness = Math.max(1, step / 4 - 1);
  const bar = (name: string, count: number, place: number) => {
    const tall = Math.round((count / most) * (floor - top));
    return (
      count > 0 &&
      html`<rect class="${name}" x="${(left + place * (step / 4)).toFixed(1)}" y="${floor - tall}" width="${thickness.toFixed(1)}" height="${tall}"/>`
    );
  };
  return html`${bar("found", found, 0)}${bar("healed", healed, 1)}${bar("open", open, 2)}`;
}

function rowOf({ day, found, healed, open }: DriftDay): Html {
  return html`<tr><th scope="row">${day}</th><td class="number">${found}</td><td class="number">${healed}</td><td class="number">${open}</td></tr>`;
}

function hasFigures({ found, healed, open }: DriftDay): boolean {
  return found > 0 || healed > 0 || open > 0;
}

function sum(days: readonly DriftDay[], of: (day: DriftDay) => number): number {
  return days.reduce((total, day) => total + of(day), 0);
}
