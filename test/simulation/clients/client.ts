import type { SimulatorControl } from "@chargly/stripe-simulator";
import type { UsageProducer } from "@chargly/usage-producer";
import type { Journal } from "../journal.js";
import type { Random } from "../random.js";
import type { Tally } from "../tally.js";
import type { Call, Order, Reply } from "./caller.js";

/** A payment that was made, for those who take it back. */
export interface Payment {
  readonly paymentIntent: string;
  readonly amountMinor: number;
  /** `pur_…` */
  readonly purchase: string;
}

/** Usage that the queue has taken. */
export interface Produced {
  /** On the clients' clock, before it was added. */
  readonly intentMs: number;
  readonly keys: readonly string[];
}

/** What all clients share. */
export interface Market {
  readonly customers: readonly string[];
  readonly control: SimulatorControl;
  /** `prj_…` */
  readonly projectId: string;
  readonly payments: Payment[];
  readonly produced: Produced[];
}

/** One client: acts one after the other, each with an intent and an end in its journal. */
export interface Client {
  readonly name: string;
  readonly random: Random;
  readonly call: Call;
  readonly producer: UsageProducer;
  /** So long it tries the same again before it gives up. */
  readonly patienceMs: number;
  readonly journal: Journal;
  readonly tally: Tally;
  readonly market: Market;
  /** A name for the next act that nobody else has. */
  readonly nextOp: () => string;
}

/** Something that a client does. */
export type Act = (client: Client) => Promise<void>;

/** Writes down how a call ended: answered, or nobody knows. */
export function writeEnd(
  { journal }: Client,
  op: string,
  kind: string,
  reply: Reply | undefined,
  details: Readonly<Record<string, unknown>> = {},
): void {
  if (reply === undefined) {
    journal.write({ op, at: "open", kind });
    return;
  }
  const { status, code, lost } = reply;
  journal.write({ op, at: "answer", kind, status, code, lost, ...details });
}

/** Sends an answered request once more, now and then, as a client does that is not sure: the answer must be the same. */
export async function replay(
  client: Client,
  op: string,
  order: Order,
  reply: Reply,
): Promise<void> {
  if (!client.random.chance(0.2)) return;
  const again = await client.call(order);
  if (again === undefined) return;
  const isSame = again.status === reply.status && again.json["id"] === reply.json["id"];
  client.journal.write({ op, at: "seen", kind: "replay", isSame });
}

/** A JSON number of credits as whole micro-credits. */
export function microOf(credits: unknown): number {
  return Math.round(Number(credits) * 1_000_000);
}

/** A balance as it was answered, in micro-credits. */
export function balanceIn(json: unknown): Readonly<Record<string, number>> | undefined {
  if (typeof json !== "object" || json === null) return undefined;
  return Object.fromEntries(
    Object.entries(json).map(([name, credits]) => [name, microOf(credits)]),
  );
}
