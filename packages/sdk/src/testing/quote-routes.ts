import type { RateCard } from "../types.js";
import { maxAffordable, linesOf, priceOf, shortfallOf, type Units } from "./pricing.js";
import { creditsIn, creditsOut, integerIn, Refusal, refuse, textIn } from "./refuse.js";
import { created, type FakeRequest, type FakeRoute, ok, pageOf } from "./route.js";
import { decideSpend, type FakeWallet } from "./wallets.js";
import { type FakeQuote, iso, walletOf, type World } from "./world.js";

export const quoteRoutes: readonly FakeRoute[] = [
  { method: "POST", path: "/v1/quotes", answer: quote },
  { method: "GET", path: "/v1/rate-card", answer: ({ world }) => ok(currentCard(world)) },
  { method: "PUT", path: "/v1/rate-card", answer: publish },
  {
    method: "GET",
    path: "/v1/rate-cards",
    answer: ({ world, query }) => {
      const newest = world.cards.toReversed();
      const summaries = newest.map(({ version, events, createdAt }) => ({
        version,
        eventCount: Object.keys(events).length,
        createdAt,
      }));
      return pageOf(summaries, query);
    },
  },
  {
    method: "GET",
    path: "/v1/rate-cards/:version",
    answer: ({ world, params }) => {
      const card = world.cards.find(({ version }) => String(version) === params["version"]);
      return ok(card ?? refuse("not_found", "There is no such version."));
    },
  },
];

export function currentCard(world: World): RateCard {
  return world.cards.at(-1) ?? refuse("not_found", "The project has no rate card.");
}

/** The card in force, or one that prices nothing. */
export function cardInForce(world: World): RateCard {
  const empty = { version: 0, events: {}, shortfall: { policy: "reject" } as const, createdAt: "" };
  return world.cards.at(-1) ?? empty;
}

function publish({ world, body }: FakeRequest) {
  const { events } = body;
  if (typeof events !== "object" || events === null || Object.keys(events).length === 0)
    return refuse("invalid_request", "Name 1 to 500 events.", { param: "events" });
  const filled = Object.entries(events as RateCard["events"]).map(([event, rate]) => [
    event,
    { ...rate, minimum: rate.minimum ?? 0, rounding: rate.rounding ?? "up" },
  ]);
  const shortfall = body["shortfall"] ?? { policy: "reject" };
  const terms = { events: Object.fromEntries(filled) as RateCard["events"], shortfall };
  const before = world.cards.at(-1);
  if (before !== undefined) {
    const { version: _version, createdAt: _createdAt, ...known } = before;
    if (JSON.stringify(known) === JSON.stringify(terms)) return ok(before);
  }
  const version = world.cards.length + 1;
  const card = { version, ...terms, createdAt: iso(world.now()) } as RateCard;
  world.cards.push(card);
  return created(card);
}

function quote({ world, body }: FakeRequest) {
  const event = textIn(body["event"], "event");
  const card = cardInForce(world);
  const units = body as Units;
  const priced = priceOf(card, event, units);
  const wallet = walletOf(world, body["customerId"]);
  const decided = wouldSpend(world, wallet, event, priced.micro);
  const freeze = body["freezeSeconds"];
  const kept =
    freeze === undefined
      ? undefined
      : keep(
          world,
          { wallet, event, micro: priced.micro },
          integerIn(freeze, "freezeSeconds", 60, 3_600),
        );
  const json = {
    credits: creditsOut(priced.micro),
    ...decided,
    available: creditsOut(wallet.available),
    maxAffordable: maxAffordable(card, event, units, spendable(world, wallet, event)),
    rateCardVersion: card.version,
    model: priced.model,
    rounding: priced.rounding,
    lines: linesOf(priced),
    ...kept,
  };
  return kept === undefined ? ok(json) : created(json);
}

function wouldSpend(world: World, wallet: FakeWallet, event: string, micro: bigint) {
  const limitsLeft = { wallet: null, key: null };
  try {
    const policy = shortfallOf(cardInForce(world), event);
    const { taken, owed } = decideSpend(wallet, micro, policy, world.now());
    const nothing = micro > 0n && taken + owed === 0n;
    const shortBy = creditsOut(micro - taken - owed);
    const because = nothing ? "insufficient_credits" : null;
    return { affordable: !nothing, because, shortBy, limitsLeft };
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    const shortBy = error.members["shortBy"] ?? 0;
    return { affordable: false, because: error.code, shortBy, limitsLeft };
  }
}

function spendable(world: World, wallet: FakeWallet, event: string): bigint {
  if (wallet.frozen !== null) return 0n;
  const policy = shortfallOf(cardInForce(world), event);
  if (policy.policy !== "debt") return wallet.debt > 0n ? 0n : wallet.available;
  const room = creditsIn(policy.limit) - wallet.debt;
  return wallet.available + (room > 0n ? room : 0n);
}

function keep(
  world: World,
  promised: Pick<FakeQuote, "wallet" | "event" | "micro">,
  seconds: number,
) {
  const id = world.newId("quo");
  const expiresMs = world.now() + seconds * 1_000;
  world.quotes.set(id, { ...promised, id, expiresMs, isRedeemed: false });
  return { quoteId: id, expiresAt: iso(expiresMs) };
}

/** A quote that may be used by this wallet, for this event if one is named. It is not used up yet. */
export function redeem(world: World, wallet: FakeWallet, id: unknown, event?: string): FakeQuote {
  const param = "quoteId";
  const known = world.quotes.get(String(id));
  if (known === undefined || known.wallet !== wallet || (event ?? known.event) !== known.event)
    return refuse("not_found", "This customer has no such quote.", { param });
  if (known.isRedeemed)
    refuse("quote_redeemed", "A quote is good for one hold or event.", { param });
  if (known.expiresMs <= world.now()) refuse("quote_expired", "The quote has expired.", { param });
  return known;
}
