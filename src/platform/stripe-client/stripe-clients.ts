import { createHash } from "node:crypto";
import Stripe from "stripe";
import { assert } from "../../kernel/assert.js";
import { createPacedHttpClient, type Pace } from "./paced-http-client.js";

/** How to reach one Stripe account. */
export interface StripeCredentials {
  readonly secretKey: string;
  /** Set for Connect direct charges: every call is made for this account. */
  readonly connectedAccount: string | null;
}

/** Gives the Stripe client of a project's credentials; one client per key and account, kept for its connections. */
export type StripeClients = (credentials: StripeCredentials) => Stripe;

const requestTimeoutMs = 10_000;
const networkRetries = 2;
const clientsMax = 1_000;

/**
 * @param apiBase where Stripe's API is, when it is not Stripe's own: the simulator on loopback
 * @param pace for what may take its time: each client asks no faster than that, and waits when Stripe says so
 */
export function createStripeClients(apiBase: string | undefined, pace?: Pace): StripeClients {
  const clients = new Map<string, Stripe>();
  const address = apiBase === undefined ? {} : stripeAddress(new URL(apiBase));
  return ({ secretKey, connectedAccount }) => {
    assert(
      apiBase === undefined || !/^(?:sk|rk)_live_/.test(secretKey),
      "a live Stripe key goes to Stripe alone, never to STRIPE_API_BASE",
    );
    const name = createHash("sha256")
      .update(`${secretKey}\n${connectedAccount ?? ""}`)
      .digest("hex");
    const known = clients.get(name);
    if (known !== undefined) return known;
    const client = new Stripe(secretKey, {
      ...address,
      ...(connectedAccount === null ? {} : { stripeAccount: connectedAccount }),
      ...(pace === undefined ? {} : { httpClient: createPacedHttpClient(pace) }),
      timeout: requestTimeoutMs,
      maxNetworkRetries: networkRetries,
      telemetry: false,
      appInfo: { name: "Chargly" },
    });
    if (clients.size >= clientsMax) clients.clear(); // rotated keys leave clients behind
    clients.set(name, client);
    return client;
  };
}

function stripeAddress(url: URL): { host: string; port: string; protocol: "http" | "https" } {
  const secure = url.protocol === "https:";
  return {
    host: url.hostname,
    port: url.port === "" ? (secure ? "443" : "80") : url.port,
    protocol: secure ? "https" : "http",
  };
}
