import { setTimeout as pause } from "node:timers/promises";
import { openJournal } from "../journal.js";
import { createUsageProducer } from "@chargly/usage-producer";
import type { Random } from "../random.js";
import type { Stage } from "../stage.js";
import type { Tally } from "../tally.js";
import { buy } from "./buy.js";
import { newCaller } from "./caller.js";
import type { Act, Client, Market } from "./client.js";
import { give } from "./give.js";
import { hold } from "./hold.js";
import { produce } from "./produce.js";
import { refund } from "./refund.js";
import { takeBack } from "./take-back.js";
import { useLater, useNow } from "./use.js";

/** Acts, and how often each is done beside the others. */
export type Habits = readonly (readonly [Act, number])[];

/** All that clients do. */
export const usualHabits: Habits = [
  [useLater, 36],
  [useNow, 20],
  [hold, 16],
  [give, 8],
  [buy, 20],
  [takeBack, 10],
  [refund, 8],
  [produce, 8],
];

export interface Crowd {
  /** Lets each client finish what it does, and closes the journals. */
  readonly stop: () => Promise<void>;
}

export interface CrowdSettings {
  readonly stage: Stage;
  readonly folder: string;
  readonly clients: number;
  readonly market: Market;
  readonly habits: Habits;
  readonly random: Random;
  readonly tally: Tally;
  /** The longest pause between two acts of a client. */
  readonly pauseMaxMs: number;
  /** So long a client repeats what is not answered. */
  readonly patienceMs: number;
}

/** Many clients at once, until they are stopped. */
export function startCrowd(settings: CrowdSettings): Crowd {
  let isStopping = false;
  const live = async (client: Client): Promise<void> => {
    // Each act once at first, in an order of its own, so that even a short run has all of them.
    const first = client.random.shuffled(settings.habits.map(([act]) => act));
    while (!isStopping) {
      await (first.pop() ?? weighted(settings.habits, client.random))(client);
      await pause(client.random.next() * settings.pauseMaxMs);
    }
    // No fault strikes any more: what the queue takes now it keeps.
    if (settings.habits.some(([act]) => act === produce)) await produce(client);
    await client.producer.close();
    await client.journal.close();
  };
  const lives = Array.from({ length: settings.clients }, (_each, n) =>
    live(newClient(settings, `c${n + 1}`)),
  );
  return {
    stop: async () => {
      isStopping = true;
      await Promise.all(lives);
    },
  };
}

function newClient(settings: CrowdSettings, name: string): Client {
  const { stage, folder, market, random, tally, patienceMs } = settings;
  let ops = 0;
  const own = random.of(name);
  const { webUrls, apiKey, queueAddress } = stage;
  return {
    name,
    random: own,
    call: newCaller({ webUrls, apiKey, random: own.of("calls"), tally, patienceMs }),
    producer: createUsageProducer(queueAddress),
    patienceMs,
    journal: openJournal(folder, name),
    tally,
    market,
    nextOp: () => `${name}-${++ops}`,
  };
}

function weighted(habits: Habits, random: Random): Act {
  let roll = random.next() * habits.reduce((sum, [, weight]) => sum + weight, 0);
  for (const [act, weight] of habits) if ((roll -= weight) < 0) return act;
  return useLater;
}
