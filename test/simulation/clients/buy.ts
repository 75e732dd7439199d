import { setTimeout as pause } from "node:timers/promises";
import { packs } from "../shop.js";
import { type Act, type Client, type Payment, writeEnd } from "./client.js";

/** Opens a checkout, pays it in one of the ways that people have, and looks how it went. */
export const buy: Act = async (client) => {
  const { random, market, journal, call } = client;
  const op = client.nextOp();
  const customer = random.pick(market.customers);
  const pack = random.pick(packs);
  journal.write({ op, at: "intent", kind: "checkout", customer, pack: pack.code });
  const reply = await call({
    method: "POST",
    path: "/v1/checkouts",
    body: { customerId: customer, creditPackCode: pack.code },
    headers: { "idempotency-key": op },
  });
  const purchase = reply?.json["id"];
  const session = /\/(cs_[^/?#]+)(?:[?#]|$)/.exec(String(reply?.json["checkoutUrl"]))?.[1];
  writeEnd(client, op, "checkout", reply, { purchase, session });
  if (reply?.status !== 201 || session === undefined) return;
  await pay(client, session, { amountMinor: pack.amountMinor, purchase: String(purchase) });
  if (random.chance(0.4)) await look(client, String(purchase));
};

async function pay(
  client: Client,
  session: string,
  bought: Omit<Payment, "paymentIntent">,
): Promise<void> {
  const { random, market, journal, tally } = client;
  const op = client.nextOp();
  const roll = random.next();
  const card = roll < 0.7 ? "paid" : roll < 0.85 ? "delayed" : "declined";
  journal.write({ op, at: "intent", kind: "pay", session, card });
  try {
    const first = await market.control.pay(session, { card });
    let end = card === "paid" ? "paid" : card;
    let paid = first;
    if (card === "delayed") {
      await pause(100 + random.next() * 1_500);
      const outcome = random.chance(0.6) ? "succeeded" : "failed";
      paid = await market.control.completeDelayed(session, { outcome });
      end = outcome === "succeeded" ? "paid late" : "failed late";
    }
    if (end.startsWith("paid"))
      market.payments.push({ ...bought, paymentIntent: String(paid["payment_intent"]) });
    journal.write({ op, at: "answer", kind: "pay", session, end });
    tally.add(`payment ${end}`);
  } catch {
    // Somebody else paid it first, or it is over: the simulator says so, and the checker reads it there.
    journal.write({ op, at: "answer", kind: "pay", session, end: "closed" });
  }
}

async function look(client: Client, purchase: string): Promise<void> {
  const { journal, call, tally } = client;
  const op = client.nextOp();
  const reply = await call({ method: "GET", path: `/v1/checkouts/${purchase}?wait=2` });
  const status = reply?.json["status"];
  journal.write({ op, at: "seen", kind: "checkout", purchase, status });
  tally.add(`checkout seen ${String(status)}`);
}
