import type { Checkout, Purchase } from "../types.js";
import { lotsOf } from "./lots.js";
import { creditsOut, refuse } from "./refuse.js";
import { type FakeRoute, ok, pageOf } from "./route.js";
import { timeIn } from "./statement-route.js";
import type { World } from "./world.js";

/** Purchases as they are read. Refunds are not there. */
export const purchaseRoutes: readonly FakeRoute[] = [
  {
    method: "GET",
    path: "/v1/purchases",
    answer: ({ world, query }) => {
      const [fromMs = 0, toMs = Infinity] = [timeIn(query, "from"), timeIn(query, "to")];
      const fits = ({ customerId, status, createdAt }: Checkout) =>
        (query.get("customerId") ?? customerId) === customerId &&
        (query.get("status") ?? status) === status &&
        Date.parse(createdAt) >= fromMs &&
        Date.parse(createdAt) < toMs;
      const found = [...world.checkouts.values()].toReversed().filter(fits);
      return pageOf(
        found.map((checkout) => purchaseOf(world, checkout)),
        query,
      );
    },
  },
  {
    method: "GET",
    path: "/v1/purchases/:id",
    answer: ({ world, params: { id = "" } }) => {
      const checkout = world.checkouts.get(id) ?? refuse("not_found", "There is no such purchase.");
      return ok({ ...purchaseOf(world, checkout), returns: [] });
    },
  },
];

function purchaseOf(world: World, checkout: Checkout): Purchase {
  const { id, customerId, status, description, credits, price, disputed, problem } = checkout;
  const { code = "", version = 0, name = "" } = world.sold.get(id) ?? {};
  const lines = world.wallets.get(customerId)?.lines ?? [];
  const lot = lotsOf(lines).find(({ isPaid, cause }) => isPaid && cause.id === id);
  const { granted, left, held } = lot ?? { granted: 0n, left: 0n, held: 0n };
  return {
    id,
    customerId,
    status,
    creditPack: { code, version, name },
    description,
    price,
    credits,
    grantedCredits: creditsOut(granted),
    reversedCredits: 0,
    usedCredits: creditsOut(granted - left - held),
    remainingCredits: creditsOut(left + held),
    heldCredits: creditsOut(held),
    expiresAt: null,
    disputed,
    problem,
    stripe: {
      account: "acct_fake",
      livemode: false,
      checkoutSession: null,
      paymentIntent: null,
      charge: null,
    },
    paidAt: checkout.paidAt,
    createdAt: checkout.createdAt,
  };
}
