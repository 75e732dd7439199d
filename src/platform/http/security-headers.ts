import { IncomingMessage, type OutgoingHttpHeaders, ServerResponse } from "node:http";
import { Socket } from "node:net";
import type { RequestHandler } from "express";
import helmet from "helmet";

const hstsMaxAgeSeconds = 15_552_000;

/** For everything that is not a page: nothing may be loaded, framed or cached. Pages bring a policy of their own. */
export function securityHeaders(): RequestHandler {
  return protect;
}

/** The same as a list, for the few routes that are served in front of Express. */
export function securityHeaderList(): OutgoingHttpHeaders {
  const request = new IncomingMessage(new Socket());
  const response = new ServerResponse(request);
  protect(request, response, () => undefined);
  return response.getHeaders();
}

const protect = helmet({
  contentSecurityPolicy: {
    useDefaults: false,
    directives: { "default-src": ["'none'"], "frame-ancestors": ["'none'"] },
  },
  referrerPolicy: { policy: "no-referrer" },
  strictTransportSecurity: { maxAge: hstsMaxAgeSeconds, includeSubDomains: false },
  xFrameOptions: { action: "deny" },
});
