import type { IncomingMessage } from "node:http";
import { TypeID } from "typeid-js";
import type { Principal } from "./principal.js";
import type { RefusalPage } from "./problem-page.js";

/** What is known about a request while it is answered, kept beside Express's own objects. */
export interface Exchange {
  readonly requestId: string;
  /** The pattern of the route, never the URL: that holds the callers' customer ids. */
  route?: string;
  quiet?: boolean;
  /** How the route refuses a browser, where it is a page. */
  refusalPage?: RefusalPage;
  principal?: Principal;
}

const exchanges = new WeakMap<IncomingMessage, Exchange>();
/** What callers send for tracing: visible, short, and safe to echo and to log. */
const saneRequestId = /^[A-Za-z0-9._:@/+=-]{8,128}$/;
const secretLike = /^(?:chg|sk|rk|whsec)_/;

/** The state of a request; made on first touch, with the caller's request id where it is a sane one. */
export function exchangeOf(request: IncomingMessage): Exchange {
  const known = exchanges.get(request);
  if (known !== undefined) return known;
  const made: Exchange = { requestId: requestIdOf(request) };
  exchanges.set(request, made);
  return made;
}

function requestIdOf(request: IncomingMessage): string {
  const sent = request.headers["x-request-id"];
  if (typeof sent === "string" && saneRequestId.test(sent) && !secretLike.test(sent)) return sent;
  return new TypeID("req").toString();
}
