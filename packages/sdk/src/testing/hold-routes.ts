import type { Transaction } from "../types.js";
import { creditsOut, integerIn, optionalTextIn, positiveCreditsIn, refuse } from "./refuse.js";
import { redeem } from "./quote-routes.js";
import { created, type FakeRequest, type FakeRoute, ok, pageOf } from "./route.js";
import {
  balanceOf,
  checkLimits,
  countSpend,
  move,
  payDebt,
  refuseFrozen,
  refuseInDebt,
  refuseTooFew,
} from "./wallets.js";
import { type FakeHold, iso, walletOf, type World } from "./world.js";

const daySeconds = 86_400;
const openHoldsMax = 100;

export const holdRoutes: readonly FakeRoute[] = [
  { method: "POST", path: "/v1/holds", idempotent: true, answer: place },
  {
    method: "GET",
    path: "/v1/holds",
    answer: ({ world, query }) => {
      const all = [...world.holds.values()]
        .toReversed()
        .filter(
          ({ wallet, state }) =>
            wallet.customerId === query.get("customerId") &&
            (query.get("state") ?? state) === state,
        );
      return pageOf(all.map(holdJson), query);
    },
  },
  {
    method: "GET",
    path: "/v1/holds/:id",
    answer: (request) => ok(withBalance(holdOf(request))),
  },
  { method: "POST", path: "/v1/holds/:id/captures", idempotent: true, answer: captureRoute },
  {
    method: "POST",
    path: "/v1/holds/:id/release",
    idempotent: true,
    answer: (request) => {
      const hold = openHoldOf(request);
      giveBack(request.world, hold, "released");
      return ok(withBalance(hold));
    },
  },
  { method: "POST", path: "/v1/holds/:id/extend", idempotent: true, answer: extend },
];

/** Lets the time of holds be over, as the product's sweep does. */
export function expireHolds(world: World): void {
  for (const hold of world.holds.values())
    if (hold.state === "open" && hold.expiresMs <= world.now()) giveBack(world, hold, "expired");
}

function place({ world, body }: FakeRequest) {
  const wallet = walletOf(world, body["customerId"]);
  const nowMs = world.now();
  const quoteId = body["quoteId"];
  const seconds = integerIn(body["expiresInSeconds"] ?? 900, "expiresInSeconds", 5, daySeconds);
  const quote = quoteId === undefined ? undefined : redeem(world, wallet, quoteId);
  const amount = quote === undefined ? positiveCreditsIn(body["credits"]) : quote.micro;
  if (wallet.frozen !== null) refuseFrozen();
  const open = [...world.holds.values()].filter(
    (each) => each.wallet === wallet && each.state === "open",
  );
  if (open.length >= openHoldsMax) refuse("hold_limit", "The wallet has too many open holds.");
  checkLimits(wallet, amount, nowMs);
  if (wallet.debt > 0n) refuseInDebt(wallet, amount);
  if (amount > wallet.available) refuseTooFew(wallet, amount);
  const id = world.newId("hold");
  const description = optionalTextIn(body["description"], "description");
  const cause = { type: "hold", id };
  const told = description === null ? "Set aside" : `Set aside: ${description}`;
  move(
    wallet,
    { kind: "hold", available: -amount, held: amount, description: told, cause, holdId: id },
    nowMs,
  );
  countSpend(wallet, amount, nowMs);
  if (quote !== undefined) quote.isRedeemed = true;
  const hold: FakeHold = {
    id,
    wallet,
    amount,
    captured: 0n,
    released: 0n,
    state: "open",
    overCapture: body["overCapture"] === "upToAvailable" ? "upToAvailable" : "reject",
    rateCardVersion: world.cards.at(-1)?.version ?? null,
    description,
    createdMs: nowMs,
    expiresMs: nowMs + seconds * 1_000,
    endedMs: null,
  };
  world.holds.set(id, hold);
  return created(withBalance(hold));
}

function captureRoute(request: FakeRequest) {
  const { world, body } = request;
  const hold = openHoldOf(request);
  const id = world.newId("cap");
  const amount = positiveCreditsIn(body["credits"]);
  const taken = capture(world, hold, amount, { type: "capture", id });
  if (body["close"] === true && hold.state === "open") giveBack(world, hold, "captured");
  return created({
    id,
    holdId: hold.id,
    credits: creditsOut(taken),
    shortfall: creditsOut(amount - taken),
    hold: holdJson(hold),
    balance: balanceOf(hold.wallet),
  });
}

/** Spends from an open hold, and beyond it as far as the hold says. */
export function capture(
  world: World,
  hold: FakeHold,
  amount: bigint,
  cause: Transaction["cause"],
): bigint {
  const { wallet, description } = hold;
  const left = leftOf(hold);
  const fromHold = amount < left ? amount : left;
  if (amount > left && hold.overCapture === "reject")
    return refuse("hold_exceeded", "The hold does not cover that.", {
      param: "credits",
      held: creditsOut(left),
      required: creditsOut(amount),
      shortBy: creditsOut(amount - left),
    });
  const nowMs = world.now();
  const told = ["Used from what was set aside", description].filter((each) => each !== null);
  if (fromHold > 0n) {
    const change = { kind: "capture", held: -fromHold, description: told.join(": ") };
    move(wallet, { ...change, cause, holdId: hold.id }, nowMs);
  }
  hold.captured += fromHold;
  if (leftOf(hold) === 0n) end(hold, "captured", nowMs);
  const wanted = amount - fromHold < wallet.available ? amount - fromHold : wallet.available;
  const beyond =
    wallet.frozen !== null || wallet.debt > 0n || !fits(hold, wanted, nowMs) ? 0n : wanted;
  if (beyond > 0n) {
    move(wallet, { kind: "spend", available: -beyond, description: "Used", cause }, nowMs);
    countSpend(wallet, beyond, nowMs);
  }
  return fromHold + beyond;
}

function fits({ wallet }: FakeHold, micro: bigint, nowMs: number): boolean {
  try {
    checkLimits(wallet, micro, nowMs);
    return true;
  } catch {
    return false;
  }
}

function giveBack(world: World, hold: FakeHold, state: FakeHold["state"]): void {
  const { wallet, id } = hold;
  const left = leftOf(hold);
  const cause = { type: state === "expired" ? "expiry" : "release", id };
  const description = "No longer set aside";
  const nowMs = world.now();
  if (left > 0n) {
    const change = { kind: "release", available: left, held: -left, description, cause };
    move(wallet, { ...change, holdId: id }, nowMs);
    payDebt(wallet, left, cause, nowMs);
    countSpend(wallet, -left, hold.createdMs);
  }
  hold.released += left;
  end(hold, state, nowMs);
}

function end(hold: FakeHold, state: FakeHold["state"], nowMs: number): void {
  hold.state = state;
  hold.endedMs = nowMs;
}

function extend(request: FakeRequest) {
  const { world, body } = request;
  const hold = openHoldOf(request);
  const seconds = integerIn(body["expiresInSeconds"], "expiresInSeconds", 5, daySeconds);
  const expiresMs = world.now() + seconds * 1_000;
  const param = "expiresInSeconds";
  if (expiresMs > hold.createdMs + daySeconds * 1_000)
    refuse("conflict", "A hold lasts at most a day in all.", { param });
  if (expiresMs <= hold.expiresMs)
    refuse("conflict", "The hold lasts longer than that already.", { param });
  hold.expiresMs = expiresMs;
  return ok(withBalance(hold));
}

function holdOf({ world, params }: FakeRequest): FakeHold {
  const hold = world.holds.get(params["id"] ?? "");
  return hold ?? refuse("not_found", "There is no such hold.");
}

function openHoldOf(request: FakeRequest): FakeHold {
  return stillOpen(holdOf(request));
}

export function stillOpen(hold: FakeHold): FakeHold {
  const { state } = hold;
  if (state !== "open")
    refuse("hold_not_open", "This hold has ended. Place another one.", { state });
  return hold;
}

function leftOf({ amount, captured, released }: FakeHold): bigint {
  return amount - captured - released;
}

function withBalance(hold: FakeHold) {
  return { ...holdJson(hold), balance: balanceOf(hold.wallet) };
}

function holdJson(hold: FakeHold) {
  const { id, wallet, state, amount, captured, released, overCapture } = hold;
  const { rateCardVersion, description, createdMs, expiresMs, endedMs } = hold;
  return {
    id,
    customerId: wallet.customerId,
    state,
    credits: creditsOut(amount),
    captured: creditsOut(captured),
    released: creditsOut(released),
    left: creditsOut(leftOf(hold)),
    overCapture,
    rateCardVersion,
    description,
    createdAt: iso(createdMs),
    expiresAt: iso(expiresMs),
    endedAt: endedMs === null ? null : iso(endedMs),
  };
}
