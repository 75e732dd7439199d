import type { RequestHandler } from "express";
import helmet from "helmet";

const hstsMaxAgeSeconds = 15_552_000;

/** For everything that is not a page: nothing may be loaded, framed or cached. Pages bring a policy of their own. */
export function securityHeaders(): RequestHandler {
  return helmet({
    contentSecurityPolicy: {
      useDefaults: false,
      directives: { "default-src": ["'none'"], "frame-ancestors": ["'none'"] },
    },
    referrerPolicy: { policy: "no-referrer" },
    strictTransportSecurity: { maxAge: hstsMaxAgeSeconds, includeSubDomains: false },
    xFrameOptions: { action: "deny" },
  });
}
