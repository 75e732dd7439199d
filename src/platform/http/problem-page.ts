import { type Refusal, refusals } from "../../kernel/refusals.js";
import { html } from "./html.js";
import { peoplePage } from "./page-document.js";
import type { PageReply } from "./reply.js";

/** How a page says no to a browser. The status must be the refusal's. */
export type RefusalPage = (refusal: Refusal, requestId: string) => PageReply;

/** What a person reads instead of a problem document: the same status, sentence and way out. */
export function problemPage(
  refusal: Refusal,
  requestId: string,
  words: { readonly title?: string; readonly detail?: string } = {},
): PageReply {
  const { status, title: usualTitle, retry } = refusals[refusal.code];
  const { title = usualTitle, detail = refusal.details.detail } = words;
  const heading = title.replace(/\.$/, "");
  const body = html`<div class="card">
<p class="mark ${retry === "later" ? "warn" : "bad"}" aria-hidden="true">!</p>
<h1>${heading}</h1>
<p>${detail}</p>
<p class="soft small">If you ask for help, give this reference: <code>${requestId}</code></p>
</div>`;
  return peoplePage({ title: heading, width: "narrow", body }, { status });
}
