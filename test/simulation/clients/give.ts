import type { Order } from "./caller.js";
import { type Act, balanceIn, replay, writeEnd } from "./client.js";

/** Gives credits, as an operator does. The reason is the act's own name, so that the ledger tells whose it is. */
export const give: Act = async (client) => {
  const { random, market, journal, call, tally } = client;
  const op = client.nextOp();
  const customer = random.pick(market.customers);
  const credits = random.between(20, 150);
  journal.write({ op, at: "intent", kind: "give", customer, micro: credits * 1_000_000 });
  const order: Order = {
    method: "POST",
    path: `/v1/wallets/${customer}/grants`,
    body: { credits, reason: op },
    headers: { "idempotency-key": op },
  };
  const reply = await call(order);
  writeEnd(client, op, "give", reply, { balance: balanceIn(reply?.json["balance"]) });
  if (reply?.status !== 201) return;
  tally.add("credits given");
  await replay(client, op, order, reply);
};
