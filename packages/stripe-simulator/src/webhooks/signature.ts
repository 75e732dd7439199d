import { createHmac } from "node:crypto";

/** Signs a payload as Stripe does: HMAC-SHA256 over `timestamp.payload`, the timestamp in whole seconds. */
export function signPayload(body: string, secret: string, timestamp: number): string {
  const signature = createHmac("sha256", secret)
    .update(`${timestamp}.${body}`, "utf8")
    .digest("hex");
  return `t=${timestamp},v1=${signature}`;
}
