import { retryWords } from "../contract/refusals/refusal-docs.js";
import { type RefusalRendering, refusals } from "../kernel/refusals.js";
import { html } from "../platform/http/html.js";
import { peoplePage } from "../platform/http/page-document.js";
import { problemDocsPath } from "../platform/http/problem.js";
import { defineRoute } from "../platform/http/route.js";

/** Where the `type` of every problem leads: what each code means and whether to try again. */
export const errorDocsRoute = defineRoute<unknown>()({
  method: "get",
  path: problemDocsPath,
  operationId: "docs.getErrors",
  summary: "What each error code means",
  tags: ["Documentation"],
  auth: "public",
  response: { 200: "page" },
  handle: async () => {
    const rows = Object.entries<RefusalRendering>(refusals).map(
      ([code, { status, title, retry }]) => html`
        <tr id="${code}">
          <td><code>${code}</code></td>
          <td class="number">${status}</td>
          <td>${title}<small>${retryWords[retry]}</small></td>
        </tr>`,
    );
    return peoplePage({
      title: "Error codes",
      body: html`<h1>Error codes</h1>
        <p class="soft">
          Every refusal is an RFC 9457 problem with a stable <code>code</code>. Its <code>detail</code> says what
          happened to that very request, and what to do.
        </p>
        <div class="card sheet">
          <table>
            <thead><tr><th>Code</th><th class="number">Status</th><th>What it means</th></tr></thead>
            <tbody>${rows}</tbody>
          </table>
        </div>`,
    });
  },
});
