import { type Html, html, type HtmlValue, trustedHtml } from "./html.js";
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

const styleElement = trustedHtml(`<style>${pageStyle}</style>`);

/** A page for people in the shared style: no script, nothing loaded from anywhere, not in search engines. */
export function peoplePage(
  content: PageContent,
  options: Omit<PageOptions, "styleSheet"> = {},
): PageReply {
  return page(documentOf(content).markup, { ...options, styleSheet: pageStyle });
}

function documentOf({ title, width = "usual", body, refresh }: PageContent): Html {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="robots" content="noindex">
<meta name="referrer" content="no-referrer">
${refresh && html`<meta http-equiv="refresh" content="${refresh.afterSeconds};url=${refresh.url}">`}
<title>${title}</title>
<link rel="icon" href="data:,">
${styleElement}
</head>
<body>
<main class="${width}">
${body}
</main>
</body>
</html>
`;
}
