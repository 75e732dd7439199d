import { setTimeout as pause } from "node:timers/promises";
import { type EventName, policies, priceOf, rateCard } from "../shop.js";
import { type Act, balanceIn, type Client, microOf, writeEnd } from "./client.js";
import type { Reply } from "./caller.js";

export interface SentEvent {
  readonly id: string;
  readonly customerId: string;
  readonly event: EventName;
  readonly quantity?: number;
  readonly holdId?: string;
}

const names: readonly EventName[] = ["chat.reply", "image.generate", "video.render", "agent.run"];

/** Uses something without waiting: one event, or several at once. */
export const useLater: Act = async (client) => {
  const { random } = client;
  const op = client.nextOp();
  const count = random.chance(0.6) ? 1 : random.between(2, random.chance(0.2) ? 40 : 8);
  const events = someEvents(client, op, count);
  const reply = await sendUsage(client, op, events, "later");
  if (reply?.status !== 202) return;
  client.tally.add("usage accepted", events.length);
  if (random.chance(0.2)) await sendAgain(client, op, events);
  if (random.chance(0.15)) await contradict(client, op, events);
  const [first] = events;
  if (first !== undefined && random.chance(0.3)) await lookAt(client, op, first);
};

/** Uses something and waits how it ends. */
export const useNow: Act = async (client) => {
  const { random, tally } = client;
  const op = client.nextOp();
  const events = someEvents(client, op, random.chance(0.75) ? 1 : random.between(2, 6));
  const reply = await sendUsage(client, op, events, "now");
  if (reply?.status === 200) tally.add("waited usage applied");
  if (reply?.status === 402) tally.add("waited usage refused");
  if (reply?.status === 200 && random.chance(0.2)) await sendAgain(client, op, events);
};

/** Sends events, and writes down what was meant and how it was answered. */
export async function sendUsage(
  client: Client,
  op: string,
  events: readonly SentEvent[],
  mode: "later" | "now" | "held",
): Promise<Reply | undefined> {
  const { journal, call } = client;
  journal.write({ op, at: "intent", kind: "usage", mode, events: events.map(described) });
  const reply = await call({ ...orderOf(events), ...(mode === "now" ? waiting : {}) });
  writeEnd(client, op, "usage", reply, answerDetails(reply));
  return reply;
}

const waiting = { headers: { prefer: "wait" } };

function orderOf(events: readonly SentEvent[]) {
  const body = events.length === 1 ? events[0] : events;
  return { method: "POST", path: "/v1/usage", body } as const;
}

export function described({ id, customerId, event, quantity = 1, holdId }: SentEvent) {
  const policy = policies[event];
  const micro = priceOf(event, quantity);
  return {
    key: id,
    customer: customerId,
    event,
    micro,
    ...policy,
    ...(holdId && { hold: holdId }),
  };
}

function answerDetails(reply: Reply | undefined): Readonly<Record<string, unknown>> {
  if (reply === undefined) return {};
  const { json } = reply;
  const told = { state: json["status"], taken: microOf(json["credits"] ?? 0) };
  const balance = balanceIn(json["balance"]);
  const lists = ["conflicts", "rejected", "partial"].flatMap((name) => {
    const list = json[name];
    return Array.isArray(list) ? [[name, list.map(idOf)] as const] : [];
  });
  return { ...told, ...(balance && { balance }), ...Object.fromEntries(lists) };
}

function idOf(named: unknown): string {
  return typeof named === "object" && named !== null && "id" in named ? String(named.id) : "";
}

export function someEvents(
  { random, market }: Client,
  op: string,
  count: number,
): readonly SentEvent[] {
  const customer = random.pick(market.customers);
  return Array.from({ length: count }, (_each, n) => {
    const event = random.pick(names);
    const customerId = random.chance(0.8) ? customer : random.pick(market.customers);
    const priced = rateCard.events[event].price.type === "quantity";
    return {
      id: `${op}.${n}`,
      customerId,
      event,
      ...(priced ? { quantity: random.between(1, 20) } : {}),
    };
  });
}

/** The same events once more, as a client does that is not sure. */
async function sendAgain(client: Client, op: string, events: readonly SentEvent[]): Promise<void> {
  const reply = await client.call(orderOf(events));
  const duplicates = reply?.json["duplicates"];
  const told = Array.isArray(duplicates) ? duplicates.length > 0 : reply?.replayed === true;
  if (told || reply?.json["status"] === "duplicate") client.tally.add("usage sent twice");
  client.journal.write({ op, at: "seen", kind: "again", status: reply?.status });
}

/** Another event under a name that is taken: it must be refused, and nothing of it kept. */
async function contradict(
  client: Client,
  op: string,
  [first]: readonly SentEvent[],
): Promise<void> {
  if (first === undefined) return;
  const event: EventName = first.event === "agent.run" ? "video.render" : "agent.run";
  const reply = await client.call(orderOf([{ ...first, event, quantity: 9 }]));
  client.journal.write({ op, at: "seen", kind: "contradiction", code: reply?.code });
  if (reply?.code === "usage_id_conflict") client.tally.add("usage id conflict");
}

const looks = 10;

/** Looks at an event until it has ended, and answers whether it has: from then on it has its place in the wallet's history. */
export async function lookAt(client: Client, op: string, { id }: SentEvent): Promise<boolean> {
  for (let look = 0; look < looks; look++) {
    const reply = await client.call({ method: "GET", path: `/v1/usage/${id}` });
    const state = reply?.json["status"];
    if (state === "applied" || state === "rejected") {
      client.journal.write({ op, at: "seen", kind: "usage", key: id, state });
      client.tally.add(`usage seen ${state}`);
      return true;
    }
    await pause(200);
  }
  return false;
}
