import type { Checkout, CreditPack, MoneyIn } from "../types.js";
import { creditsIn, creditsOut, positiveCreditsIn, refuse, textIn } from "./refuse.js";
import { created, type FakeRequest, type FakeRoute, ok, pageOf } from "./route.js";
import { give } from "./wallets.js";
import { iso, walletOf, type World } from "./world.js";

export const saleRoutes: readonly FakeRoute[] = [
  {
    method: "GET",
    path: "/v1/credit-packs",
    answer: ({ world, query }) => {
      const packs = [...world.packs.values()].sort((a, b) => (a.code < b.code ? -1 : 1));
      return pageOf(packs, query);
    },
  },
  {
    method: "GET",
    path: "/v1/credit-packs/:code",
    answer: ({ world, params }) => ok(packOf(world, params["code"])),
  },
  { method: "PUT", path: "/v1/credit-packs/:code", answer: publish },
  { method: "POST", path: "/v1/checkouts", idempotent: true, answer: start },
  { method: "GET", path: "/v1/checkouts/:id", answer: read },
];

function packOf(world: World, code: unknown): CreditPack {
  const pack = world.packs.get(textIn(code, "creditPackCode"));
  return pack ?? refuse("not_found", "There is no such credit pack.", { param: "creditPackCode" });
}

function publish({ world, params: { code = "" }, body }: FakeRequest) {
  const before = world.packs.get(code);
  const terms = {
    name: textIn(body["name"], "name"),
    credits: creditsOut(positiveCreditsIn(body["credits"])),
    bonusCredits: creditsOut(creditsIn(body["bonusCredits"] ?? 0, "bonusCredits")),
    price: moneyOf(body["price"]),
    validityDays: (body["validityDays"] as number | undefined) ?? null,
    onSale: body["onSale"] !== false,
  };
  if (before !== undefined) {
    const { version: _version, createdAt: _createdAt, code: _code, ...known } = before;
    if (JSON.stringify(known) === JSON.stringify(terms)) return ok(before);
  }
  const version = (before?.version ?? 0) + 1;
  const pack = { code, version, ...terms, createdAt: iso(world.now()) };
  world.packs.set(code, pack);
  return created(pack);
}

function moneyOf(value: unknown) {
  const { amount, currency } = value as MoneyIn;
  if (!Number.isInteger(amount) || amount < 0 || !/^[a-z]{3}$/.test(currency))
    return refuse("invalid_request", "A price is { amount, currency }.", { param: "price" });
  const code = currency.toUpperCase();
  const formatter = new Intl.NumberFormat("en-US", { style: "currency", currency: code });
  const { maximumFractionDigits: digits = 2 } = formatter.resolvedOptions();
  return { amount, currency, display: formatter.format(amount / 10 ** digits) };
}

function start({ world, body }: FakeRequest) {
  const { customerId } = walletOf(world, body["customerId"]);
  const pack = packOf(world, body["creditPackCode"]);
  const param = "creditPackCode";
  if (!pack.onSale) refuse("pack_not_available", "This pack is no longer on sale.", { param });
  const credits = creditsOut(creditsIn(pack.credits) + creditsIn(pack.bonusCredits));
  const description = `${pack.name} for ${pack.price.display}`;
  const open = [...world.checkouts.values()].find(
    (each) =>
      each.customerId === customerId &&
      each.status === "pending" &&
      each.description === description,
  );
  if (open !== undefined) return created(open);
  const id = world.newId("pur");
  const checkout: Checkout = {
    id,
    customerId,
    status: "pending",
    checkoutUrl: `${world.baseUrl}/pay/${id}`,
    description,
    credits,
    price: pack.price,
    reversedCredits: 0,
    disputed: false,
    problem: null,
    paidAt: null,
    createdAt: iso(world.now()),
  };
  world.checkouts.set(id, checkout);
  world.sold.set(id, pack);
  return created(checkout);
}

async function read({ world, params, query, signal }: FakeRequest) {
  const id = params["id"] ?? "";
  const known = () => world.checkouts.get(id) ?? refuse("not_found", "There is no such checkout.");
  const waitMs = Number(query.get("wait") ?? 0) * 1_000;
  if (known().status === "pending" && waitMs > 0) await untilPaid(world, id, waitMs, signal);
  return ok(known());
}

async function untilPaid(
  world: World,
  id: string,
  waitMs: number,
  signal: AbortSignal | undefined,
): Promise<void> {
  await new Promise<void>((done) => {
    const timer = setTimeout(done, waitMs);
    const end = (): void => {
      clearTimeout(timer);
      done();
    };
    world.paid.addEventListener(id, end, { once: true });
    signal?.addEventListener("abort", end, { once: true });
  });
}

/** What the customer does on Stripe's page. */
export function payCheckout(world: World, urlOrId: string): void {
  const id = urlOrId.split("/").at(-1) ?? "";
  const checkout = world.checkouts.get(id);
  if (checkout === undefined) throw new Error("the fake knows no such checkout");
  if (checkout.status !== "pending") return;
  const cause = { type: "purchase", id };
  const description = `Bought ${checkout.description}`;
  const wallet = walletOf(world, checkout.customerId);
  give(wallet, creditsIn(checkout.credits), { kind: "purchase", description, cause }, world.now());
  world.checkouts.set(id, { ...checkout, status: "paid", paidAt: iso(world.now()) });
  world.paid.dispatchEvent(new Event(id));
}
