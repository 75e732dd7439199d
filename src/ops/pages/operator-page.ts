import { type Html, html, type HtmlValue, trustedHtml } from "../../platform/http/html.js";
import { pageStyle } from "../../platform/http/page-style.js";
import { page, type PageReply } from "../../platform/http/reply.js";
import { operatorStyle } from "./operator-style.js";

export interface OperatorPage {
  readonly title: string;
  readonly width: "narrow" | "wide";
  readonly body: HtmlValue;
  readonly status?: number;
}

const styleSheet = pageStyle + operatorStyle;
const styleElement = trustedHtml(`<style>${styleSheet}</style>`);

/**
 * A page for operators in the shared style. Unlike pages for customers it sends a referrer to ourselves: without one
 * browsers call the origin of a form `null`, and the check against forged requests would refuse our own login.
 */
export function operatorPage({ title, width, body, status = 200 }: OperatorPage): PageReply {
  return page(documentOf(title, width, body).markup, { status, styleSheet });
}

function documentOf(title: string, width: string, body: HtmlValue): Html {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="robots" content="noindex">
<title>${title} · Chargly</title>
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
