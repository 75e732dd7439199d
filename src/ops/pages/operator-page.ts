import type { HtmlValue } from "../../platform/http/html.js";
import { pageMarkup } from "../../platform/http/page-document.js";
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

/**
 * A page for operators in the shared style. Unlike pages for customers it sends a referrer to ourselves: without one
 * browsers call the origin of a form `null`, and the check against forged requests would refuse our own login.
 */
export function operatorPage({ title, width, body, status = 200 }: OperatorPage): PageReply {
  const content = { title: `${title} · Chargly`, width, body };
  return page(pageMarkup(content, { styleSheet, sendsReferrer: true }), { status, styleSheet });
}
