import type { RequestHandler } from "express";
import { Refusal } from "../../kernel/refusals.js";

const harmless: ReadonlySet<string> = new Set(["GET", "HEAD"]);

/**
 * Refuses with `forbidden` whatever may change something and does not come from a page of ours. Browsers name the
 * origin on every such request, so one without it is refused as well.
 */
export function requireSameOrigin(publicUrl: string): RequestHandler {
  const publicOrigin = new URL(publicUrl).origin;
  return (request, _response, next) => {
    if (harmless.has(request.method)) return next();
    const { origin, host } = request.headers;
    const own = `${request.protocol}://${host ?? ""}`;
    if (origin !== undefined && (origin === publicOrigin || origin === own)) return next();
    throw new Refusal("forbidden", {
      detail: `This request does not come from a page of this Chargly. Open ${publicUrl}/ops; if that is not its address, set PUBLIC_URL.`,
    });
  };
}
