import { Agent as HttpAgent, request as httpRequest } from "node:http";
import { Agent as HttpsAgent, request as httpsRequest } from "node:https";

/** Connections that webhooks reuse. */
export interface Agents {
  readonly http: HttpAgent;
  readonly https: HttpsAgent;
}

/** Opens pools of at most `sockets` connections per host. */
export function openAgents(sockets: number): Agents {
  const options = { keepAlive: true, maxSockets: sockets, maxFreeSockets: sockets };
  return { http: new HttpAgent(options), https: new HttpsAgent(options) };
}

/** Posts a signed payload and gives the HTTP status, or 0 when no answer came in time. */
export function postWebhook(
  agents: Agents,
  target: { readonly url: string; readonly signature: string; readonly timeoutMs: number },
  body: string,
): Promise<number> {
  return new Promise((resolve) => {
    const secure = target.url.startsWith("https:");
    const options = {
      method: "POST",
      agent: secure ? agents.https : agents.http,
      headers: {
        "Content-Type": "application/json; charset=utf-8",
        "Content-Length": Buffer.byteLength(body),
        "Stripe-Signature": target.signature,
        "User-Agent": "Stripe/1.0 (+https://stripe.com/docs/webhooks)",
      },
    };
    const request = (secure ? httpsRequest : httpRequest)(target.url, options, (response) => {
      response.resume();
      response.on("error", () => resolve(0));
      response.on("end", () => resolve(response.statusCode ?? 0));
    });
    const timer = setTimeout(() => request.destroy(new Error("timeout")), target.timeoutMs);
    request.on("error", () => resolve(0));
    request.on("close", () => clearTimeout(timer));
    request.end(body);
  });
}
