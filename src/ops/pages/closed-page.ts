import { html } from "../../platform/http/html.js";
import type { PageReply } from "../../platform/http/reply.js";
import { operatorPage } from "./operator-page.js";

/** 503: there is no password, and a default one would be an open door. Says how to set it. */
export function closedPage(): PageReply {
  const body = html`<div class="card">
<p class="mark warn" aria-hidden="true">!</p>
<h1>The operator pages are closed</h1>
<p>They open once they have a password. Make one, set it for the web process, and start that again:</p>
<p><code>OPERATOR_PASSWORD=$(openssl rand -base64 18)</code></p>
<p class="soft small">It needs at least 12 characters. The name is <code>operator</code> unless OPERATOR_USER says otherwise.</p>
</div>`;
  return operatorPage({ title: "Operator pages are closed", width: "narrow", body, status: 503 });
}
