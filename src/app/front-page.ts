import { html } from "../platform/http/html.js";
import { peoplePage } from "../platform/http/page-document.js";
import { problemDocsPath } from "../platform/http/problem.js";
import { defineRoute } from "../platform/http/route.js";

/** For whoever opens the address in a browser: what this is, and where to go. Says nothing about projects. */
export const frontPageRoute = defineRoute<unknown>()({
  method: "get",
  path: "/",
  operationId: "docs.getFront",
  summary: "What this server is",
  tags: ["Documentation"],
  auth: "public",
  response: { 200: "page" },
  handle: async () =>
    peoplePage({
      title: "Chargly",
      width: "narrow",
      body: html`<div class="card">
        <h1>Chargly is running</h1>
        <p class="soft">Prepaid credits: bought with Stripe Checkout, kept in a ledger, spent by metering.</p>
        <p>Your application talks to <code>/v1</code> with its API key. Customers get links to their wallets from it.</p>
        <p class="actions">
          <a class="button" href="/ops">Operators</a>
          <a class="button quiet" href="${problemDocsPath}">Reference</a>
        </p>
      </div>`,
    }),
});
