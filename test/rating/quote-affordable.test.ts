import { beforeAll, describe, expect, it } from "vitest";
import { wholeCredits } from "../../src/kernel/credits.js";
import { type ApiKeyId, publicId } from "../../src/kernel/ids.js";
import { decideGrant } from "../../src/ledger/decide-grant.js";
import { decideSpend, type ShortfallPolicy } from "../../src/ledger/decide-spend.js";
import { applyMovements } from "../../src/ledger/post-movements.js";
import { endToken } from "../../src/limits/end-token.js";
import { agentBearer } from "../support/agent-token.js";
import { byOperator, walletBook } from "../support/ledger.js";
import { ratingApi } from "./rating-api.js";

const api = ratingApi();
const perUnit = { price: { type: "quantity", credits: 1 } };
beforeAll(async () => {
  await api.publish({
    events: {
      rejecting: perUnit,
      partly: { ...perUnit, shortfall: { policy: "upToAvailable" } },
      owing: { ...perUnit, shortfall: { policy: "debt", limit: 5 } },
    },
  });
});

const quote = async (customerId: string, event: string, quantity: number) =>
  (await api.quote({ customerId, event, quantity })).json;
const call = (...args: Parameters<ReturnType<typeof api.stack>["call"]>) =>
  api.stack().call(...args);
const bookOf = (name: string) => walletBook(api.db(), api.projectId(), name);

const keyId = async (): Promise<ApiKeyId> =>
  (await api.db()("api_keys").where({ project_id: api.projectId(), kind: "secret" }).first("id"))
    .id;

async function spend(name: string, credits: number, shortfall: ShortfallPolicy) {
  const { walletId } = await bookOf(name);
  const amount = wholeCredits(credits);
  const [verdict] = await api.db().transaction(async (trx) =>
    applyMovements(trx, [
      {
        walletId,
        apiKeyId: await keyId(),
        decide: (book, asked) =>
          decideSpend(book, { amount, shortfall, ...asked, cause: byOperator(), memo: null }),
      },
    ]),
  );
  return verdict;
}

describe("a quote says whether the wallet can pay:", () => {
  it("not while it is frozen, though it has enough, and not even for what is free", async () => {
    await api.give("frozen", 10);
    await call("POST", "/v1/wallets/frozen/freeze", { reason: "fraud" });
    for (const quantity of [1, 0])
      expect(await quote("frozen", "owing", quantity)).toMatchObject({
        affordable: false,
        because: "wallet_frozen",
        available: 10,
        maxAffordable: { units: 0 },
      });
    await call("POST", "/v1/wallets/frozen/unfreeze", {});
    expect(await quote("frozen", "rejecting", 1)).toMatchObject({
      affordable: true,
      because: null,
      maxAffordable: { units: 10 },
    });
  });

  it("within the tightest spend limit of the wallet, by what is left of it", async () => {
    await api.give("limited", 10);
    const limits = { perMinute: 9, perDay: 7, perMonth: 8 };
    await call("PUT", "/v1/wallets/limited/spend-limits", limits);
    await spend("limited", 3, { policy: "reject" });
    expect(await quote("limited", "rejecting", 4)).toMatchObject({
      affordable: true,
      because: null,
      shortBy: 0,
      limitsLeft: { wallet: 4, key: null },
      maxAffordable: { units: 4 },
    });
    expect(await quote("limited", "rejecting", 5)).toMatchObject({
      affordable: false,
      because: "wallet_spend_limit",
      shortBy: 0,
    });
    await spend("limited", 4, { policy: "reject" });
    expect(await quote("limited", "rejecting", 1)).toMatchObject({
      because: "wallet_spend_limit",
      limitsLeft: { wallet: 0 },
      maxAffordable: { units: 0 },
    });
  });

  it("within the spend limit of the key that asks, over all wallets", async () => {
    const path = `/v1/api-keys/${publicId("apiKey", await keyId())}/spend-limits`;
    await api.give("one", 10);
    await api.give("two", 10);
    await call("PUT", path, { perMonth: 6 });
    await spend("one", 4, { policy: "reject" });
    expect(await quote("two", "rejecting", 3)).toMatchObject({
      affordable: false,
      because: "key_spend_limit",
      limitsLeft: { wallet: null, key: 2 },
      maxAffordable: { units: 2 },
    });
    await call("PUT", path, {});
    expect(await quote("two", "rejecting", 3)).toMatchObject({
      affordable: true,
      limitsLeft: { wallet: null, key: null },
    });
  });

  it("within the budget of the agent's token that asks, for one call and in all", async () => {
    await api.give("with_agent", 100);
    const { projectId, ctx } = api.stack();
    const { id: walletId } = await api.db()("wallets").where({ customer_id: "with_agent" }).first();
    const budget = { perCall: wholeCredits(5), total: wholeCredits(12) };
    const { headers, keyId: token } = await agentBearer(ctx, { projectId, walletId }, budget);
    const asAgent = async (quantity: number) => {
      const body = { customerId: "with_agent", event: "rejecting", quantity };
      return (await call("POST", "/v1/quotes", body, headers)).json;
    };
    expect(await asAgent(5)).toMatchObject({
      affordable: true,
      limitsLeft: { wallet: null, key: 5 },
      maxAffordable: { units: 5 },
    });
    expect(await asAgent(6)).toMatchObject({ affordable: false, because: "agent_budget" });
    await api.db()("spend_limits").where({ subject_id: token }).update({ total_spent: "9000000" });
    expect(await asAgent(3)).toMatchObject({ affordable: true, limitsLeft: { key: 3 } });
    expect(await asAgent(4)).toMatchObject({ affordable: false, because: "agent_budget" });
    await api.db().transaction((trx) => endToken(trx, token));
    expect(await asAgent(1)).toMatchObject({
      affordable: false,
      because: "forbidden",
      maxAffordable: { units: 0 },
    });
  });

  it("by the event's shortfall policy, also when there is no wallet yet", async () => {
    await api.give("short", 10);
    expect(await quote("short", "partly", 12)).toMatchObject({
      affordable: true,
      because: null,
      shortBy: 2,
      maxAffordable: { units: 10 },
    });
    expect(await quote("short", "owing", 15)).toMatchObject({
      affordable: true,
      shortBy: 0,
      maxAffordable: { units: 15 },
    });
    expect(await quote("short", "owing", 16)).toMatchObject({ because: "debt_limit", shortBy: 1 });
    expect(await quote("new", "partly", 1)).toMatchObject({
      affordable: false,
      because: "insufficient_credits",
    });
    expect(await quote("new", "owing", 5)).toMatchObject({ affordable: true, available: 0 });
  });

  it("not while it owes, unless the policy lets the debt grow", async () => {
    await bookOf("debtor");
    await spend("debtor", 3, { policy: "debt", limit: wholeCredits(5) });
    const owes = { affordable: false, because: "wallet_in_debt", shortBy: 4 };
    expect(await quote("debtor", "rejecting", 1)).toMatchObject(owes);
    expect(await quote("debtor", "partly", 1)).toMatchObject(owes);
    expect(await quote("debtor", "owing", 1)).toMatchObject({
      affordable: true,
      maxAffordable: { units: 2 },
    });
  });

  it("not with credits whose time is over, though nobody has taken them out yet", async () => {
    const book = await bookOf("late");
    const grant = { kind: "promotion", amount: wholeCredits(4), cost: null, memo: "x" } as const;
    const expiresAt = new Date(Date.now() - 1_000);
    await book.give(6);
    await book.post((now) => decideGrant(now, { ...grant, expiresAt, cause: byOperator() }));
    expect(await quote("late", "rejecting", 7)).toMatchObject({
      because: "insufficient_credits",
      available: 6,
      shortBy: 1,
    });
  });

  it("by what is left of the lot that is being spent, and writes nothing", async () => {
    await api.give("head", 10);
    for (const credits of [3, 2]) await spend("head", credits, { policy: "reject" });
    const rows = () => api.db()("wallets").where({ customer_id: "head" }).first();
    const before = await rows();
    expect(await quote("head", "rejecting", 5)).toMatchObject({ affordable: true, available: 5 });
    expect(await quote("head", "rejecting", 6)).toMatchObject({ shortBy: 1 });
    expect(await rows()).toEqual(before);
  });
});
