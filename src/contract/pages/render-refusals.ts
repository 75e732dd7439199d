import { html, type Html } from "../../platform/http/html.js";
import type { PlacedOperation } from "../operations-of.js";
import { refusalCodes, refusalDocs, retryWords } from "../refusals/refusal-docs.js";
import { prose } from "./prose.js";

/** Every code under its own anchor, where the `type` of a problem leads: what happened, what to do, who answers it. */
export function renderRefusalList(operations: readonly PlacedOperation[]): Html {
  return html`${refusalCodes.map((code) => {
    const { status, title, happened, fix, retry, problem } = refusalDocs(code);
    const by = operations.filter(({ answers }) =>
      answers.some(({ codes }) => codes.includes(code)),
    );
    return html`<section class="card refusal" id="${code}">
<h3><a href="#${code}"><code>${code}</code></a> <span class="soft">${status}</span></h3>
<p><strong>${title}</strong> ${prose(happened)}</p>
<p><strong>What to do.</strong> ${prose(fix)}</p>
<p class="soft small">${retryWords[retry]}</p>
<details><summary>Example</summary><pre tabindex="0"><code>${JSON.stringify(problem, null, 2)}</code></pre></details>
${renderWho(by, operations.length)}
</section>`;
  })}`;
}

function renderWho(by: readonly PlacedOperation[], all: number): Html {
  if (by.length === 0) return html`<p class="soft small">Of no operation: the server itself.</p>`;
  if (by.length === all) return html`<p class="soft small">Any operation.</p>`;
  return html`<details><summary>${by.length === 1 ? "1 operation" : `${by.length} operations`}</summary>
<ul class="codes">${by.map(
    ({ operationId, summary }) =>
      html`<li><a href="#${operationId}"><code>${operationId}</code></a> ${summary}</li>`,
  )}</ul></details>`;
}
