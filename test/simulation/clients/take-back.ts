import { setTimeout as pause } from "node:timers/promises";
import type { Act, Client, Payment } from "./client.js";

type Way = (client: Client, payment: Payment) => Promise<string>;

const gap = (client: Client) => pause(client.random.next() * 1_500);

const refundAll: Way = async ({ market }, { paymentIntent }) => {
  await market.control.refund({ paymentIntent });
  return "refund in full";
};

const refundPart: Way = async ({ market, random }, { paymentIntent, amountMinor }) => {
  const amount = random.between(1, Math.ceil(amountMinor / 2));
  await market.control.refund({ paymentIntent, amount });
  return "refund in part";
};

/** Pending first; then it arrives, or it does not and the money is back. */
const refundSlowly: Way = async (client, { paymentIntent, amountMinor }) => {
  const { control } = client.market;
  const amount = client.random.between(1, amountMinor);
  const refund = await control.refund({ paymentIntent, amount, status: "pending" });
  await gap(client);
  const status = client.random.chance(0.4) ? "succeeded" : "failed";
  await control.setRefundStatus(String(refund["id"]), status);
  return `refund pending, then ${status}`;
};

/** For the whole payment, whatever of it was refunded before: then more goes back than was paid. */
const dispute: Way = async (client, { paymentIntent }) => {
  const { market, random } = client;
  const id = String((await market.control.dispute({ paymentIntent }))["id"]);
  await gap(client);
  const end = random.pick(["won", "lost", "open", "appealed"] as const);
  if (end === "won" || end === "lost") await market.control.closeDispute(id, end);
  if (end === "appealed") {
    await market.control.disputeFundsReinstated(id);
    await gap(client);
    await market.control.disputeFundsWithdrawn(id);
  }
  return `dispute ${end}`;
};

/** Both at once: all in all more money goes back than was paid. */
const refundThenDispute: Way = async (client, payment) => {
  await refundPart(client, payment);
  await dispute(client, payment);
  return "refund, then dispute";
};

/** A question of the bank that moves no money, or does so later. */
const inquire: Way = async (client, { paymentIntent }) => {
  const { control } = client.market;
  const id = String((await control.dispute({ paymentIntent, inquiry: true }))["id"]);
  await gap(client);
  if (client.random.chance(0.5)) await control.closeDispute(id, "warning_closed");
  else await control.disputeFundsWithdrawn(id);
  return "inquiry";
};

/** The bank warns, and no money moves: what is unspent of this purchase is to be set aside. */
const warn: Way = async ({ market }, { paymentIntent }) => {
  await market.control.earlyFraudWarning({ paymentIntent });
  return "fraud warning";
};

const ways: readonly Way[] = [
  refundAll,
  refundPart,
  refundPart,
  refundSlowly,
  dispute,
  refundThenDispute,
  inquire,
  warn,
  warn,
];

/** Money of some payment goes back, as people do it in Stripe's dashboard or banks do it; or a bank warns that it will. */
export const takeBack: Act = async (client) => {
  const { random, market, journal, tally } = client;
  if (market.payments.length === 0) return;
  const op = client.nextOp();
  const payment = random.pick(market.payments);
  journal.write({ op, at: "intent", kind: "take back", paymentIntent: payment.paymentIntent });
  try {
    const end = await random.pick(ways)(client, payment);
    journal.write({ op, at: "answer", kind: "take back", end });
    tally.add(end);
  } catch {
    // It is refunded or disputed already. The simulator says no as Stripe does; what it did before stands there.
    journal.write({ op, at: "answer", kind: "take back", end: "refused" });
  }
};
