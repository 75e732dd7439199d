import { html, type HtmlValue, trustedHtml } from "./html.js";
import { pageStyle } from "./page-style.js";
import { page, type PageOptions, type PageReply } from "./reply.js";

export interface PageContent {
  /** Of the browser's tab; the page itself begins with its own heading. */
  readonly title: string;
  readonly width?: "narrow" | "usual" | "wide";
  /** Goes inside `<main>`. */
  readonly body: HtmlValue;
  /** Lets the browser load an address by itself after a while, without a script. */
  readonly refresh?: { readonly afterSeconds: number; readonly url: string } | undefined;
}

/** A page for people in the shared style: no script, nothing loaded from anywhere, not in search engines. */
export function peoplePage(
  content: PageContent,
  options: Omit<PageOptions, "styleSheet"> = {},
): PageReply {
  const markup = pageMarkup(content, { styleSheet: pageStyle, sendsReferrer: false });
  return page(markup, { ...options, styleSheet: pageStyle });
}

export interface PageFrame {
  /** All rules of the page: the same text that its policy allows. */
  readonly styleSheet: string;
  /** False: the browser names no page of ours to anybody, and calls the origin of a form `null`. */
  readonly sendsReferrer: boolean;
}

/** The whole document around a page's content. */
export function pageMarkup(
  { title, width = "usual", body, refresh }: PageContent,
  { styleSheet, sendsReferrer }: PageFrame,
): string {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="robots" content="noindex">
${!sendsReferrer && html`<meta name="referrer" content="no-referrer">`}
${refresh && html`<meta http-equiv="refresh" content="${refresh.afterSeconds};url=${refresh.url}">`}
<title>${title}</title>
<link rel="icon" href="data:,">
${trustedHtml(`<style>${styleSheet}</style>`)}
</head>
<body>
<main class="${width}">
${body}
</main>
</body>
</html>
`.markup;
}
