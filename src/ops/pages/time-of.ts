import { type Html, html } from "../../platform/http/html.js";

/** `2026-01-31 12:00:00`, in UTC, with the exact instant for machines. */
export function timeOf(at: Date): Html {
  const iso = at.toISOString();
  return html`<time datetime="${iso}">${iso.slice(0, 19).replace("T", " ")}</time>`;
}
