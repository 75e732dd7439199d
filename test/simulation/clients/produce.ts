import { setTimeout as pause } from "node:timers/promises";
import { nowMs } from "../journal.js";
import { type Act, type Client } from "./client.js";
import { described, lookAt, type SentEvent, someEvents } from "./use.js";

/** Puts usage in the queue by itself, as an application does that can reach it. */
export const produce: Act = async (client) => {
  const { random, market, journal, tally } = client;
  const op = client.nextOp();
  const events = someEvents(client, op, random.between(1, 8));
  const intentMs = nowMs();
  journal.write({ op, at: "intent", kind: "usage", mode: "queue", events: events.map(described) });
  if (!(await add(client, events))) {
    journal.write({ op, at: "open", kind: "usage" });
    return;
  }
  journal.write({ op, at: "answer", kind: "usage", status: "added", lost: 0 });
  market.produced.push({ intentMs, keys: events.map(({ id }) => id) });
  tally.add("usage produced", events.length);
  if (random.chance(0.2) && (await add(client, events))) tally.add("usage produced twice");
  const [first] = events;
  if (first === undefined || !random.chance(0.4)) return;
  if (await lookAt(client, op, first)) tally.add("produced usage seen");
};

/** The same jobs again until the queue has them, as the producer's README says. */
async function add(
  { producer, market, random, patienceMs, tally }: Client,
  events: readonly SentEvent[],
): Promise<boolean> {
  const { projectId } = market;
  for (const endMs = performance.now() + patienceMs; performance.now() < endMs; ) {
    try {
      await producer.add({ projectId, events });
      return true;
    } catch {
      tally.add("queue out of reach");
      await pause(50 + random.next() * 300);
    }
  }
  return false;
}
