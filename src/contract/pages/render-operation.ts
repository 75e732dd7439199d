import { html, type Html } from "../../platform/http/html.js";
import { problemContentType } from "../../platform/http/problem.js";
import type { Answer, Content, ContractDocument, Operation, Parameter } from "../document.js";
import { curlOf } from "../curl-of.js";
import { refusalDocs } from "../refusals/refusal-docs.js";
import type { PlacedOperation } from "../operations-of.js";
import { prose } from "./prose.js";
import { renderFields, renderType } from "./render-fields.js";

/** One operation, under an anchor of its name. */
export function renderOperation(
  operation: PlacedOperation,
  document: Pick<ContractDocument, "servers">,
): Html {
  const {
    operationId,
    method,
    path,
    summary,
    description,
    parameters = [],
    requestBody,
  } = operation;
  return html`<section class="card operation" id="${operationId}">
<h3><a href="#${operationId}">${summary}</a></h3>
<p class="call"><span class="method ${method}">${method.toUpperCase()}</span> <code>${path}</code></p>
<p class="soft small"><code>${operationId}</code>${renderScopes(operation)}</p>
${description !== undefined && html`<p>${prose(description)}</p>`}
${parameters.length > 0 && html`<h4>Parameters</h4><ul class="fields">${parameters.map(renderParameter)}</ul>`}
${requestBody !== undefined && html`<h4>Body</h4>${renderShape(requestBody.content)}`}
<pre tabindex="0"><code>${curlOf(operation, document.servers[0]?.url ?? "")}</code></pre>
<h4>Answers</h4>
${operation.answers.filter(({ codes }) => codes.length === 0).map(renderAnswer)}
${renderRefusals(operation)}
</section>`;
}

function renderScopes({ security }: Operation): Html {
  const scopes = [...new Set(security.flatMap((each) => Object.values(each).flat()))];
  return scopes.length === 0
    ? html` · no API key`
    : html` · needs ${scopes.map((scope) => html`<code>${scope}</code> `)}`;
}

function renderParameter({ name, in: place, required, description, schema }: Parameter): Html {
  const where = place === "path" ? "in the path" : place === "query" ? "in the query" : "header";
  return html`<li><code>${name}</code> ${renderType(schema)} <span class="soft">${where}${!required && ", optional"}</span>
    ${description !== undefined && html`<p>${prose(description)}</p>`}</li>`;
}

function renderShape(content: Content): Html {
  const [json] = Object.values(content);
  if (json === undefined) return html``;
  const others = Object.keys(content).slice(1);
  const { schema } = json;
  const fields = renderFields(schema);
  return html`${fields ?? html`<p>${renderType(schema)}</p>`}
${others.length > 0 && html`<p class="soft small">Also ${others.map((type) => html`<code>${type}</code> `)}</p>`}`;
}

function renderAnswer({
  status,
  answer,
}: {
  readonly status: string;
  readonly answer: Answer;
}): Html {
  const content = answer.content ?? {};
  const [json] = Object.values(content);
  return html`<div class="answer"><p><strong>${status}</strong> ${answer.description}</p>
${renderShape(content)}
${json?.example !== undefined && html`<details><summary>Example</summary><pre tabindex="0"><code>${shown(json.example)}</code></pre></details>`}</div>`;
}

function shown(example: unknown): string {
  return typeof example === "string" ? example : JSON.stringify(example, null, 2);
}

function renderRefusals({ answers }: PlacedOperation): Html {
  const codes = answers.flatMap((each) => each.codes);
  return html`<details><summary>${codes.length} refusals, as <code>${problemContentType}</code></summary>
<ul class="codes">${codes.map(
    (code) =>
      html`<li>${refusalDocs(code).status} <a href="#${code}"><code>${code}</code></a> ${refusalDocs(code).title}</li>`,
  )}</ul></details>`;
}
