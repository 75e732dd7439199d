import { html } from "../../platform/http/html.js";
import type { PageReply } from "../../platform/http/reply.js";
import { operatorPage } from "./operator-page.js";

export interface LoginPage {
  /** Where to go after the login; a path of ours. */
  readonly next: string;
  readonly failure?:
    | { readonly kind: "wrong" }
    | { readonly kind: "wait"; readonly waitSeconds: number };
}

/** The login form: 200, 401 after a wrong password, 429 after too many. Never says whether the name or the password was wrong. */
export function loginPage({ next, failure }: LoginPage): PageReply {
  const said =
    failure?.kind === "wait"
      ? `Too many attempts. Wait ${failure.waitSeconds} s, then try again.`
      : "This name and password do not fit.";
  const body = html`<div class="card">
<h1>Operator login</h1>
${failure && html`<p class="notice bad" role="alert">${said}</p>`}
<form method="post" action="/ops/login">
<input type="hidden" name="next" value="${next}">
<label for="user">Name</label>
<input id="user" name="user" autocomplete="username" required maxlength="64" autofocus>
<label for="password">Password</label>
<input id="password" name="password" type="password" autocomplete="current-password" required maxlength="200">
<button type="submit">Log in</button>
</form>
</div>`;
  const status = { none: 200, wrong: 401, wait: 429 }[failure?.kind ?? "none"];
  return operatorPage({ title: "Operator login", width: "narrow", body, status });
}
