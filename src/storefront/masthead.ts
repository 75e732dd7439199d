import { type Html, html } from "../platform/http/html.js";
import type { Project } from "../tenancy/rules.js";

/** Whose page this is, and whether money moves. */
export function masthead({ name, mode }: Pick<Project, "name" | "mode">): Html {
  return html`<div class="masthead"><p>${name}</p>${mode === "test" && html`<span class="badge">Test mode</span>`}</div>`;
}
