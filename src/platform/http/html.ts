/** Text that is HTML already. Only `html` and `trustedHtml` make it, so every other text is escaped. */
export class Html {
  constructor(readonly markup: string) {}
}

/** What a template takes. Nothing is shown for `undefined`, `null` and `false`, so that a condition can stand inline. */
export type HtmlValue =
  | Html
  | string
  | number
  | bigint
  | undefined
  | null
  | false
  | readonly HtmlValue[];

const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/**
 * A template whose every value is escaped, for text and for quoted attributes: html`<p title="${name}">${name}</p>`.
 * A value never belongs into an unquoted attribute, a script, a style, or unchecked into `href`.
 */
export function html(markup: TemplateStringsArray, ...values: readonly HtmlValue[]): Html {
  const parts = markup.map((text, index) => text + markupOf(values[index]));
  return new Html(parts.join(""));
}

/** For text of our own that is not to be escaped, such as a style sheet. Never for anything that came from outside. */
export function trustedHtml(markup: string): Html {
  return new Html(markup);
}

function markupOf(value: HtmlValue): string {
  if (value === undefined || value === null || value === false) return "";
  if (value instanceof Html) return value.markup;
  if (typeof value === "object") return value.map(markupOf).join("");
  return String(value).replace(/[&<>"']/g, (character) => entities[character] ?? character);
}
