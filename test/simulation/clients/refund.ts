import { setTimeout as pause } from "node:timers/promises";
import type { Random } from "../random.js";
import type { Order, Reply } from "./caller.js";
import { type Act, type Client, microOf, type Payment, replay, writeEnd } from "./client.js";

/** What of a purchase is to go back: all that is unspent, some credits, or an amount in minor units. */
interface Ask {
  readonly body: Readonly<Record<string, unknown>>;
  readonly part: "everything" | "credits" | "amount";
  /** In micro-credits or minor units. */
  readonly asked: number;
}

function someAsk(random: Random, { amountMinor }: Payment): Ask {
  const roll = random.next();
  if (roll < 0.45) return { part: "everything", body: {}, asked: 0 };
  if (roll < 0.7) {
    const credits = random.between(1, 60);
    return { part: "credits", body: { credits }, asked: credits * 1_000_000 };
  }
  const asked = random.between(1, Math.ceil(amountMinor / 2));
  return { part: "amount", body: { amount: { amount: asked, currency: "usd" } }, asked };
}

/** Has Chargly send money of a purchase back, as somebody at the support desk does. */
export const refund: Act = async (client) => {
  const { random, market, journal, call } = client;
  if (market.payments.length === 0) return;
  const payment = random.pick(market.payments);
  const { purchase } = payment;
  const path = `/v1/purchases/${purchase}/refunds`;
  const { body, part, asked } = someAsk(random, payment);
  if (random.chance(0.3)) await preview(client, path, body);
  const op = client.nextOp();
  journal.write({ op, at: "intent", kind: "refund", purchase, part, asked });
  const headers = { "idempotency-key": op };
  const order: Order = { method: "POST", path, body, headers };
  const reply = await call(order);
  writeEnd(client, op, "refund", reply, toldBy(reply));
  if (reply?.status === 409) client.tally.add("refund by us refused");
  if (reply?.status !== 201) return;
  const state = String(reply.json["status"]);
  client.tally.add(state === "accepted" ? `refund by us of ${part}` : `refund by us ${state}`);
  await replay(client, op, order, reply);
  if (state === "accepted" && random.chance(0.15)) await failAtBank(client, reply);
};

function toldBy(reply: Reply | undefined): Readonly<Record<string, unknown>> {
  const { id, status, stripeRefundId, amount, credits } = reply?.json ?? {};
  const minor = typeof amount === "object" && amount !== null && "amount" in amount;
  return {
    refund: id,
    state: status,
    stripeRefund: stripeRefundId,
    minor: minor ? amount.amount : undefined,
    taken: microOf(credits ?? 0),
  };
}

/** Asks what it would do. Whatever is answered, it does nothing: the checker counts the refunds. */
async function preview(
  client: Client,
  path: string,
  body: Readonly<Record<string, unknown>>,
): Promise<void> {
  const op = client.nextOp();
  const reply = await client.call({ method: "POST", path, body: { ...body, dryRun: true } });
  const { status } = reply ?? {};
  client.journal.write({ op, at: "seen", kind: "preview", status, state: reply?.json["status"] });
  if (status === 200) client.tally.add("refund previewed");
}

/** Days later the bank sends it back, and the customer's credits return. */
async function failAtBank({ random, market, tally }: Client, reply: Reply): Promise<void> {
  await pause(random.next() * 1_500);
  try {
    await market.control.setRefundStatus(String(reply.json["stripeRefundId"]), "failed");
    tally.add("refund by us failed later");
  } catch {
    // Somebody else was first.
  }
}
