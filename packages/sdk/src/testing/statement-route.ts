import { refuse } from "./refuse.js";
import { type FakeAnswer, type FakeRequest, type FakeRoute, ok } from "./route.js";
import { iso } from "./world.js";

export const statementRoute: FakeRoute = {
  method: "GET",
  path: "/v1/wallets/:customerId/statement",
  answer: statement,
};

/** The transactions of a period, the oldest first, between the balances around it. */
function statement({ world, params: { customerId = "" }, query }: FakeRequest): FakeAnswer {
  const fromMs = timeIn(query, "from");
  const toMs = timeIn(query, "to");
  if (fromMs !== undefined && toMs !== undefined && fromMs >= toMs)
    refuse("invalid_request", "The period ends before it begins.", { param: "to" });
  const upTo = (world.wallets.get(customerId)?.lines ?? []).filter(
    ({ at }) => toMs === undefined || Date.parse(at) < toMs,
  );
  const isIn = (at: string) => fromMs === undefined || Date.parse(at) >= fromMs;
  const transactions = upTo.filter(({ at }) => isIn(at));
  const nothing = { available: 0, held: 0, debt: 0, total: 0 };
  return ok({
    customerId,
    from: fromMs === undefined ? null : iso(fromMs),
    to: toMs === undefined ? null : iso(toMs),
    openingBalance: upTo.findLast(({ at }) => !isIn(at))?.balance ?? nothing,
    closingBalance: upTo.at(-1)?.balance ?? nothing,
    count: transactions.length,
    transactions,
  });
}

export function timeIn(query: URLSearchParams, param: string): number | undefined {
  const text = query.get(param);
  if (text === null) return undefined;
  const ms = Date.parse(text);
  return Number.isNaN(ms) ? refuse("invalid_request", "Send an ISO 8601 time.", { param }) : ms;
}
