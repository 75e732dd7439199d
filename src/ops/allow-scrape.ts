import { createHash, timingSafeEqual } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { Refusal } from "../kernel/refusals.js";
import type { Secret } from "../platform/config/secret.js";
import { keyIn } from "../platform/http/authenticate.js";

const loopbackAddress = /^(?:127\.\d+\.\d+\.\d+|::1|::ffff:127\.\d+\.\d+\.\d+)$/;
const loopbackHost = /^(?:localhost|127\.\d+\.\d+\.\d+|\[::1\])(?::\d+)?$/;
/** A proxy on this machine makes everybody look local; it gives itself away by one of these. */
const proxyHeaders = ["forwarded", "via", "x-forwarded-for", "x-forwarded-host", "x-real-ip"];

/**
 * Whether this request may read the metrics: with METRICS_TOKEN as a bearer token, or, where none is set, from this
 * machine without a proxy between, and only while PUBLIC_URL is on this machine too. Answers why not.
 */
export function scrapeRefusal(
  request: IncomingMessage,
  token: Secret | undefined,
  publicUrl: string,
): Refusal | undefined {
  if (token !== undefined) {
    if (isToken(keyIn(request.headers.authorization), token)) return undefined;
    return new Refusal("unauthenticated", {
      detail: "Send METRICS_TOKEN: Authorization: Bearer (the token).",
    });
  }
  const isLocal =
    loopbackAddress.test(request.socket.remoteAddress ?? "") &&
    loopbackHost.test(request.headers.host ?? "") &&
    proxyHeaders.every((name) => request.headers[name] === undefined) &&
    loopbackHost.test(new URL(publicUrl).host);
  if (isLocal) return undefined;
  return new Refusal("forbidden", {
    detail:
      "Without METRICS_TOKEN the metrics are for this machine only. Set it, and send it as a bearer token.",
  });
}

function isToken(given: string | undefined, token: Secret): boolean {
  const hash = (text: string): Buffer => createHash("sha256").update(text).digest();
  return given !== undefined && timingSafeEqual(hash(given), hash(token.reveal()));
}
