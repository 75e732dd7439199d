import { type Act, balanceIn, writeEnd } from "./client.js";

/** Gives credits, as an operator does. The reason is the act's own name, so that the ledger tells whose it is. */
export const give: Act = async (client) => {
  const { random, market, journal, call, tally } = client;
  const op = client.nextOp();
  const customer = random.pick(market.customers);
  const credits = random.between(20, 150);
  journal.write({ op, at: "intent", kind: "give", customer, micro: credits * 1_000_000 });
  const reply = await call({
    method: "POST",
    path: `/v1/wallets/${customer}/grants`,
    body: { credits, reason: op },
    headers: { "idempotency-key": op },
  });
  writeEnd(client, op, "give", reply, { balance: balanceIn(reply?.json["balance"]) });
  if (reply?.status === 201) tally.add("credits given");
};
