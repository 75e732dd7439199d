import { Agent, request } from "node:http";
import { createControl } from "@chargly/stripe-simulator";
import { z } from "zod";
import { benchPack, type Rig } from "./rig.js";
import { completedEventBody, newStripeId, signatureHeader } from "./signed-events.js";

/** A purchase that is paid at Stripe while nobody has told Chargly yet. */
export interface PaidPurchase {
  readonly id: string;
  readonly walletId: string;
  readonly sessionId: string;
}

export interface Shop {
  /** Sells to that many new customers, through the API and the simulator's till. */
  readonly sell: (count: number) => Promise<readonly PaidPurchase[]>;
  /** Delivers the webhook of a purchase; answers when it was acknowledged, by `performance.now()`. */
  readonly postWebhook: (purchase: PaidPurchase) => Promise<number>;
  readonly close: () => void;
}

interface Post {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly status: number;
}

const sellingAtOnce = 8;
const connectionsMax = 64;
const answerWithinMs = 10_000;
const checkout = z.object({ checkoutUrl: z.url() });

export function openShop(rig: Rig, webUrl: string): Shop {
  const agent = new Agent({ keepAlive: true, maxSockets: connectionsMax });
  const control = createControl(rig.simulatorUrl);
  let customers = 0;

  const sellOne = async (): Promise<string> => {
    const order = { customerId: `customer_${++customers}`, creditPackCode: benchPack };
    const answer = await post(agent, webUrl, {
      path: "/v1/checkouts",
      headers: { authorization: `Bearer ${rig.apiKey}` },
      body: JSON.stringify(order),
      status: 201,
    });
    const { checkoutUrl } = checkout.parse(JSON.parse(answer));
    const sessionId = new URL(checkoutUrl).pathname.split("/").at(-1) ?? "";
    await control.pay(sessionId, { card: "paid" });
    return sessionId;
  };

  const sell = async (count: number): Promise<readonly PaidPurchase[]> => {
    const sessionIds: string[] = [];
    let left = count;
    const lane = async (): Promise<void> => {
      while (left-- > 0) sessionIds.push(await sellOne());
    };
    await Promise.all(Array.from({ length: sellingAtOnce }, lane));
    return withholdFromSweep(rig, sessionIds);
  };

  return {
    sell,
    postWebhook: async ({ sessionId }) => {
      const body = completedEventBody(newStripeId("evt"), sessionId);
      const headers = { "stripe-signature": signatureHeader(body, rig.webhookSecret) };
      await post(agent, webUrl, { path: rig.webhookPath, headers, body, status: 200 });
      return performance.now();
    },
    close: () => agent.destroy(),
  };
}

/** The sweep looks at open purchases by itself after a while; here it must not be what credits them. */
async function withholdFromSweep(
  { ctx }: Rig,
  sessionIds: readonly string[],
): Promise<readonly PaidPurchase[]> {
  const { rows } = await ctx.db.raw<{ rows: PaidPurchase[] }>(
    `update purchases set next_check_at = clock_timestamp() + interval '1 hour'
     where checkout_session_id = any(?) and granted = 0
     returning id, wallet_id as "walletId", checkout_session_id as "sessionId"`,
    [[...sessionIds]],
  );
  if (rows.length !== sessionIds.length) throw new Error("a purchase was credited too early");
  return rows;
}

function post(
  agent: Agent,
  webUrl: string,
  { path, headers, body, status }: Post,
): Promise<string> {
  return new Promise((resolve, reject) => {
    const sent = request(new URL(path, webUrl), {
      agent,
      method: "POST",
      timeout: answerWithinMs,
      headers: {
        "content-type": "application/json",
        "content-length": Buffer.byteLength(body),
        ...headers,
      },
    });
    sent.once("timeout", () => sent.destroy(new Error(`${path} did not answer`)));
    sent.once("error", reject);
    sent.once("response", (response) => {
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (chunk: string) => {
        text += chunk;
      });
      response.once("error", reject);
      response.once("end", () => {
        if (response.statusCode === status) resolve(text);
        else reject(new Error(`${path} answered ${response.statusCode}: ${text}`));
      });
    });
    sent.end(body);
  });
}
