import { setTimeout as pause } from "node:timers/promises";
import type { Order } from "./caller.js";
import { type Act, balanceIn, type Client, microOf, replay, writeEnd } from "./client.js";
import { sendUsage } from "./use.js";

/** Sets credits aside, spends some of them, and gives the rest back in one of the ways there are. */
export const hold: Act = async (client) => {
  const { random, market, journal, call, tally } = client;
  const op = client.nextOp();
  const customer = random.pick(market.customers);
  const credits = random.between(1, 60);
  const overCapture = random.chance(0.5) ? "reject" : "upToAvailable";
  const micro = credits * 1_000_000;
  journal.write({ op, at: "intent", kind: "hold", customer, micro, overCapture });
  const order: Order = {
    method: "POST",
    path: "/v1/holds",
    body: { customerId: customer, credits, overCapture, expiresInSeconds: 5, description: op },
    headers: { "idempotency-key": op },
  };
  const reply = await call(order);
  const id = String(reply?.json["id"]);
  writeEnd(client, op, "hold", reply, { hold: id, balance: balanceIn(reply?.json["balance"]) });
  if (reply?.status === 402) tally.add("hold refused");
  if (reply?.status !== 201) return;
  tally.add("hold placed");
  await replay(client, op, order, reply);
  await spendFrom(client, { id, customer, credits });
  const roll = random.next();
  if (roll < 0.4) await capture(client, id, random.between(1, credits), true);
  else if (roll < 0.75) await release(client, id);
  else tally.add("hold left to expire");
};

interface Placed {
  readonly id: string;
  readonly customer: string;
  readonly credits: number;
}

async function spendFrom(client: Client, { id, customer, credits }: Placed): Promise<void> {
  const { random } = client;
  for (let left = random.between(0, 2); left > 0; left--) {
    await pause(random.next() * 300);
    if (random.chance(0.5)) await capture(client, id, random.between(1, credits), false);
    else await useHeld(client, id, customer);
  }
}

async function useHeld(client: Client, holdId: string, customerId: string): Promise<void> {
  const op = client.nextOp();
  const event = {
    id: `${op}.0`,
    customerId,
    event: "image.generate",
    quantity: 1,
    holdId,
  } as const;
  const reply = await sendUsage(client, op, [event], "held");
  if (reply?.status === 200) client.tally.add("usage from a hold");
}

async function capture(
  client: Client,
  holdId: string,
  credits: number,
  close: boolean,
): Promise<void> {
  const op = client.nextOp();
  const micro = credits * 1_000_000;
  client.journal.write({ op, at: "intent", kind: "capture", hold: holdId, micro, close });
  const order: Order = {
    method: "POST",
    path: `/v1/holds/${holdId}/captures`,
    body: { credits, close },
    headers: { "idempotency-key": op },
  };
  const reply = await client.call(order);
  const capturing = reply?.json["id"];
  const taken = microOf(reply?.json["credits"] ?? 0);
  const balance = balanceIn(reply?.json["balance"]);
  writeEnd(client, op, "capture", reply, { capture: capturing, taken, balance });
  if (reply?.status === 201) {
    client.tally.add("hold captured");
    await replay(client, op, order, reply);
  }
  if (reply?.code === "hold_exceeded") client.tally.add("capture refused");
}

async function release(client: Client, holdId: string): Promise<void> {
  const op = client.nextOp();
  client.journal.write({ op, at: "intent", kind: "release", hold: holdId });
  const reply = await client.call({
    method: "POST",
    path: `/v1/holds/${holdId}/release`,
    headers: { "idempotency-key": op },
  });
  writeEnd(client, op, "release", reply, { balance: balanceIn(reply?.json["balance"]) });
  if (reply?.status === 200) client.tally.add("hold released");
}
