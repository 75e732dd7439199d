import { html, type Html } from "../../platform/http/html.js";

/** Text of ours, in which `this` is code. */
export function prose(text: string): readonly (Html | string)[] {
  return text
    .split("`")
    .map((part, index) => (index % 2 === 1 ? html`<code>${part}</code>` : part));
}
