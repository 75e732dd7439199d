import { html, type Html } from "../../platform/http/html.js";
import { pageMarkup } from "../../platform/http/page-document.js";
import { pageStyle } from "../../platform/http/page-style.js";
import { page, type PageReply } from "../../platform/http/reply.js";
import type { ContractDocument, JsonSchema } from "../document.js";
import { conventions, lead } from "../introduction.js";
import { operationsOf, type PlacedOperation } from "../operations-of.js";
import { prose } from "./prose.js";
import { referenceStyle } from "./reference-style.js";
import { renderFields } from "./render-fields.js";
import { renderOperation } from "./render-operation.js";
import { renderRefusalList } from "./render-refusals.js";

/** The whole contract as one page that can be read without a script: rules, operations, objects, refusals. */
export function renderReference(document: ContractDocument): PageReply {
  const operations = operationsOf(document);
  const topics = document.tags.map((tag) => ({
    ...tag,
    id: anchorOf(tag.name),
    operations: operations.filter(({ tags }) => tags.includes(tag.name)),
  }));
  const objects = Object.entries(document.components.schemas);
  const body = html`<div class="reference">
${renderContents(topics)}
<div class="text">
<h1 id="top">${document.info.title} API</h1>
<p>${lead}</p>
<p class="soft">As OpenAPI 3.1: <a href="/openapi.json">openapi.json</a>. For language models: <a href="/llms.txt">llms.txt</a>.</p>
${conventions.map(({ id, title, text }) => html`<h2 id="${id}">${title}</h2><p>${prose(text)}</p>`)}
${topics.map((topic) => renderTopic(topic, document))}
<h2 id="objects">Objects</h2>
<p class="soft">What operations answer, by name.</p>
${objects.map(renderObject)}
<h2 id="errors">Refusals</h2>
<p>Every refusal is an RFC 9457 problem with a stable <code>code</code>: decide by that. Its <code>type</code> leads here, its <code>detail</code> says what happened to that very request, and what to do.</p>
${renderRefusalList(operations)}
</div></div>`;
  const styleSheet = pageStyle + referenceStyle;
  const content = { title: "Chargly API", width: "wide", body } as const;
  return page(pageMarkup(content, { styleSheet, sendsReferrer: false }), { styleSheet });
}

interface Topic {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly operations: readonly PlacedOperation[];
}

/** Beside the names of objects, codes and operations, so never the same as one of them. */
function anchorOf(name: string): string {
  return `topic-${name.toLowerCase().replaceAll(" ", "-")}`;
}

function renderContents(topics: readonly Topic[]): Html {
  return html`<nav aria-label="Contents"><ul>
<li><a href="#top">Introduction</a></li>
${topics.map(
  ({ id, name, operations }) =>
    html`<li><a href="#${id}">${name}</a><ul>${operations.map(
      ({ operationId, summary }) => html`<li><a href="#${operationId}">${summary}</a></li>`,
    )}</ul></li>`,
)}
<li><a href="#objects">Objects</a></li>
<li><a href="#errors">Refusals</a></li>
</ul></nav>`;
}

function renderTopic(
  { id, name, description, operations }: Topic,
  document: ContractDocument,
): Html {
  return html`<h2 id="${id}" class="topic">${name}</h2>
<p class="soft">${description}</p>
${operations.map((operation) => renderOperation(operation, document))}`;
}

function renderObject([name, schema]: readonly [string, JsonSchema]): Html {
  return html`<section class="card object" id="${name}"><h3><a href="#${name}"><code>${name}</code></a></h3>
${schema.description !== undefined && html`<p>${prose(schema.description)}</p>`}
${renderFields(schema)}</section>`;
}
