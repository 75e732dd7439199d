/**
 * What the receiver is compared with: an Express server that verifies a delivery as Stripe's documentation shows it,
 * and keeps nothing. A process of its own, as the product's.
 */
import type { AddressInfo } from "node:net";
import express from "express";
import Stripe from "stripe";

const secret = process.env["BENCH_WEBHOOK_SECRET"] ?? "";
const { webhooks } = new Stripe("sk_unused_for_verification");
const app = express();
app.post(
  "/stripe/webhooks/:projectId",
  express.raw({ type: "application/json", limit: "1mb" }),
  (request, response) => {
    const body: unknown = request.body;
    if (!Buffer.isBuffer(body)) {
      response.sendStatus(415);
      return;
    }
    try {
      webhooks.constructEvent(body, request.get("stripe-signature") ?? "", secret);
      response.sendStatus(200);
    } catch {
      response.sendStatus(400);
    }
  },
);
const server = app.listen(0, "127.0.0.1", () => {
  const { port } = server.address() as AddressInfo;
  process.stdout.write(`${JSON.stringify({ msg: "ready", url: `http://127.0.0.1:${port}` })}\n`);
});
process.once("SIGTERM", () => {
  server.close();
  server.closeAllConnections();
});
