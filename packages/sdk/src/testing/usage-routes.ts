import type { Balance, UsageRecord } from "../types.js";
import { capture, stillOpen } from "./hold-routes.js";
import { priceOf, shortfallOf } from "./pricing.js";
import { cardInForce, redeem } from "./quote-routes.js";
import { creditsIn, creditsOut, Refusal, refuse, textIn } from "./refuse.js";
import { type FakeAnswer, type FakeRequest, type FakeRoute, ok, pageOf } from "./route.js";
import { filtered, summarize } from "./usage-list.js";
import { balanceOf, countSpend, decideSpend, type FakeWallet, move } from "./wallets.js";
import { iso, walletOf, type World } from "./world.js";

type Event = Readonly<Record<string, unknown>>;

export const usageRoutes: readonly FakeRoute[] = [
  { method: "POST", path: "/v1/usage", answer: take },
  {
    method: "GET",
    path: "/v1/usage",
    answer: ({ world, query }) => pageOf(filtered(world, query).toReversed(), query),
  },
  { method: "GET", path: "/v1/usage/summary", answer: summarize },
  {
    method: "GET",
    path: "/v1/usage/:id",
    answer: ({ world, params: { id = "" } }) => {
      const all = [...world.usage.values()].map(({ record: each }) => each);
      const known = all.find((each) => each.id === id || each.eventId === id);
      return ok(known ?? refuse("not_found", "There is no usage event with this id."));
    },
  },
];

const eventsMax = 1_000;

function take(request: FakeRequest): FakeAnswer {
  const { world, list, body, headers } = request;
  const waits = /\bwait\b/.test(headers.get("prefer") ?? "");
  if (list !== undefined) return recordList(world, list, waits);
  const key = body["id"] ?? headers.get("idempotency-key") ?? world.newId("use");
  const event = { ...body, id: key };
  checkEvent(event, "");
  const known = world.usage.get(textIn(key, "id"));
  if (known !== undefined) return answerAgain(known.record, known.fingerprint, event);
  if (!waits && !isFunded(event)) {
    const { id, eventId, price: credits } = settleUnpriced(world, event);
    return { status: 202, json: { id, eventId, credits, status: "accepted" } };
  }
  // What is refused to somebody who waits is not kept.
  return ok(appliedJson(keep(world, event, apply(world, event, price(world, event)))));
}

function isFunded(event: Event): boolean {
  return event["holdId"] !== undefined || event["quoteId"] !== undefined;
}

function recordList(world: World, list: readonly unknown[], waits: boolean): FakeAnswer {
  if (list.length === 0 || list.length > eventsMax)
    refuse("invalid_request", `Send 1 to ${eventsMax} events.`);
  const events = list.map((each, place): Event => {
    const event = each as Event;
    checkEvent(event, `[${place}].`);
    return { ...event, id: event["id"] ?? world.newId("use") };
  });
  const answer = {
    accepted: 0,
    applied: 0,
    partial: [] as unknown[],
    duplicates: [] as unknown[],
    conflicts: [] as unknown[],
    rejected: [] as unknown[],
  };
  for (const event of events) {
    const id = String(event["id"]);
    const known = world.usage.get(id);
    if (known !== undefined) {
      const name = { id, eventId: known.record.eventId };
      if (known.fingerprint === fingerprintOf(event)) answer.duplicates.push(name);
      else answer.conflicts.push(name);
      continue;
    }
    const isNow = waits || isFunded(event);
    const { eventId, rejection, credits, shortfall } = settleUnpriced(world, event);
    if (!isNow) answer.accepted++;
    else if (rejection !== null) answer.rejected.push({ id, eventId, ...rejection });
    else {
      answer.applied++;
      if (shortfall > 0) answer.partial.push({ id, eventId, credits, shortfall });
    }
  }
  return { status: waits ? 200 : 202, json: answer };
}

function checkEvent(event: Event, at: string): void {
  textIn(event["customerId"], `${at}customerId`);
  const name = textIn(event["event"], `${at}event`);
  if (!/^[a-z0-9][a-z0-9._-]{0,63}$/.test(name))
    refuse("invalid_request", "An event is named like chat.reply.", { param: `${at}event` });
  const { credits } = event;
  if (credits !== undefined && creditsIn(credits, `${at}credits`) < 0n)
    refuse("invalid_request", "Send 0 or more.", { param: `${at}credits` });
}

interface PricedEvent {
  readonly wallet: FakeWallet;
  readonly micro: bigint;
  readonly isUnpriced?: boolean;
  readonly model: string | null;
}

function price(world: World, event: Event): PricedEvent {
  const wallet = walletOf(world, event["customerId"]);
  const { credits } = event;
  if (credits !== undefined) return { wallet, micro: creditsIn(credits), model: null };
  const priced = priceOf(cardInForce(world), textIn(event["event"], "event"), event);
  return { wallet, ...priced };
}

interface Outcome extends PricedEvent {
  readonly taken: bigint;
  readonly balance: Balance;
  readonly lines: readonly string[];
}

/** Takes what an event costs, or throws the refusal. */
function apply(world: World, event: Event, priced: PricedEvent): Outcome {
  const { wallet, micro } = priced;
  const name = String(event["event"]);
  const before = wallet.lines.length;
  const cause = { type: "usage", id: eventIdOf(world, event) };
  const quoteId = event["quoteId"];
  const quote = quoteId === undefined ? undefined : redeem(world, wallet, quoteId, name);
  const taken =
    event["holdId"] === undefined ? spend(world, wallet, name, micro, cause) : fromHold();
  if (quote !== undefined) quote.isRedeemed = true;
  const lines = wallet.lines.slice(before).map(({ id }) => id);
  return { ...priced, taken, balance: balanceOf(wallet), lines };

  function fromHold(): bigint {
    const hold = world.holds.get(String(event["holdId"]));
    if (hold === undefined || hold.wallet !== wallet)
      return refuse("not_found", "This customer has no such hold.", { param: "holdId" });
    return micro === 0n ? 0n : capture(world, stillOpen(hold), micro, cause);
  }
}

function spend(
  world: World,
  wallet: FakeWallet,
  event: string,
  micro: bigint,
  cause: { readonly type: string; readonly id: string },
): bigint {
  const policy = shortfallOf(cardInForce(world), event);
  const nowMs = world.now();
  const { taken, owed } = decideSpend(wallet, micro, policy, nowMs);
  const description = `Used: ${event}`;
  if (taken > 0n) move(wallet, { kind: "spend", available: -taken, description, cause }, nowMs);
  if (owed > 0n) {
    const told = `Used on credit: ${event}`;
    move(wallet, { kind: "overdraft", debt: owed, description: told, cause }, nowMs);
  }
  countSpend(wallet, taken + owed, nowMs);
  return taken + owed;
}

function settleUnpriced(world: World, event: Event): UsageRecord {
  const wallet = walletOf(world, event["customerId"]);
  const unpriced = { wallet, micro: 0n, model: null, isUnpriced: true };
  try {
    return settle(world, event, price(world, event));
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return keep(world, event, unpriced, error);
  }
}

/** What a worker would do with an event that was accepted. */
function settle(world: World, event: Event, priced: PricedEvent): UsageRecord {
  try {
    return keep(world, event, apply(world, event, priced));
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return keep(world, event, priced, error);
  }
}

function keep(
  world: World,
  event: Event,
  outcome: PricedEvent & Partial<Outcome>,
  refused?: Refusal,
): UsageRecord {
  const { wallet, micro, model, taken = 0n, balance = null, lines = [], isUnpriced } = outcome;
  const at = iso(world.now());
  const available = creditsOut(wallet.available);
  const record: UsageRecord = {
    id: String(event["id"]),
    eventId: eventIdOf(world, event),
    customerId: wallet.customerId,
    event: String(event["event"]),
    model,
    status: refused === undefined ? "applied" : "rejected",
    credits: creditsOut(taken),
    price: isUnpriced === true ? null : creditsOut(micro),
    shortfall: refused === undefined ? creditsOut(micro - taken) : 0,
    ownPrice: event["credits"] !== undefined,
    rateCardVersion: cardInForce(world).version,
    quantity: (event["quantity"] as number | undefined) ?? null,
    properties: (event["properties"] as Event | undefined) ?? null,
    metadata: (event["metadata"] as Event | undefined) ?? null,
    at: (event["at"] as string | undefined) ?? null,
    holdId: (event["holdId"] as string | undefined) ?? null,
    quoteId: (event["quoteId"] as string | undefined) ?? null,
    acceptedAt: at,
    appliedAt: at,
    rejection:
      refused === undefined ? null : { code: refused.code, detail: refused.detail, available },
    transactions: lines,
    balance,
  };
  world.usage.set(record.id, { fingerprint: fingerprintOf(event), record });
  return record;
}

function answerAgain(known: UsageRecord, fingerprint: string, event: Event): FakeAnswer {
  if (fingerprint !== fingerprintOf(event))
    return refuse("usage_id_conflict", "An event with this id says something else.", {
      param: "id",
      eventId: known.eventId,
    });
  if (known.rejection === null) return ok(appliedJson(known));
  const { code, detail } = known.rejection;
  throw new Refusal(code as Refusal["code"], `It was rejected before. ${detail}`, {
    eventId: known.eventId,
    customerId: known.customerId,
  });
}

function appliedJson({ id, eventId, credits, shortfall, balance }: UsageRecord) {
  return { id, eventId, status: "applied", credits, shortfall, balance };
}

const eventIds = new WeakMap<Event, string>();

function eventIdOf(world: World, event: Event): string {
  const known = eventIds.get(event) ?? world.newId("use");
  eventIds.set(event, known);
  return known;
}

function fingerprintOf(event: Event): string {
  return JSON.stringify(Object.entries(event).sort(([a], [b]) => (a < b ? -1 : 1)));
}
