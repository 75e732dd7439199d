import { Chargly, type Listing } from "@chargly/sdk";
import { describe, expect, it } from "vitest";
import { contractOperations } from "../../src/app/contract.js";

/**
 * Operations that the SDK has no method for, and why. A new operation stands here or gets a method in `methods`.
 */
const leftOut: Readonly<Record<string, string>> = {
  "apiKeys.getSpendLimits": "limits of keys are set by whoever gives out keys, not by applications",
  "apiKeys.setSpendLimits": "the same",
  "reports.getMonth": "a file for bookkeeping: the command line or HTTP",
  "stripeEvents.receive": "Stripe calls it",
};

/** Methods that are made of the others. */
const composed = ["checkouts.wait", "usage.close", "usage.flush", "usage.record", "usage.send"];

type Call = (chargly: Chargly) => Promise<unknown> | Listing<unknown>;

/** The method of each operation, with the smallest thing that it takes. */
const methods: Readonly<Record<string, Call>> = {
  "creditPacks.list": ({ creditPacks }) => creditPacks.list(),
  "creditPacks.get": ({ creditPacks }) => creditPacks.get("starter-500"),
  "creditPacks.publish": ({ creditPacks }) =>
    creditPacks.publish("starter-500", { name: "500", credits: 500, price }),
  "wallets.get": ({ wallets }) => wallets.get("ann"),
  "transactions.list": ({ transactions }) => transactions.list("ann"),
  "wallets.exportStatement": ({ wallets }) => wallets.statement("ann"),
  "wallets.grant": ({ wallets }) => wallets.grant("ann", { credits: 1, reason: "welcome" }),
  "wallets.correct": ({ wallets }) => wallets.correct("ann", { credits: -1, reason: "mistake" }),
  "wallets.createLink": ({ wallets }) => wallets.link("ann"),
  "wallets.getSpendLimits": ({ wallets }) => wallets.spendLimits("ann"),
  "wallets.setSpendLimits": ({ wallets }) => wallets.setSpendLimits("ann", { perDay: 5 }),
  "wallets.freeze": ({ wallets }) => wallets.freeze("ann", { reason: "odd" }),
  "wallets.unfreeze": ({ wallets }) => wallets.unfreeze("ann"),
  "rateCards.getCurrent": ({ rateCards }) => rateCards.current(),
  "rateCards.publish": ({ rateCards }) =>
    rateCards.publish({ events: { chat: { price: { type: "flat", credits: 1 } } } }),
  "rateCards.list": ({ rateCards }) => rateCards.list(),
  "rateCards.get": ({ rateCards }) => rateCards.get(1),
  "quotes.create": (chargly) => chargly.quote({ customerId: "ann", event: "chat" }),
  "holds.create": ({ holds }) => holds.create({ customerId: "ann", credits: 1 }),
  "holds.list": ({ holds }) => holds.list("ann"),
  "holds.get": ({ holds }) => holds.get("hold_1"),
  "holds.capture": ({ holds }) => holds.capture("hold_1", { credits: 1 }),
  "holds.release": ({ holds }) => holds.release("hold_1"),
  "holds.extend": ({ holds }) => holds.extend("hold_1", { expiresInSeconds: 60 }),
  "usage.record": ({ usage }) => usage.meter({ customerId: "ann", event: "chat", credits: 1 }),
  "usage.list": ({ usage }) => usage.list(),
  "usage.summarize": ({ usage }) => usage.summary(),
  "usage.get": ({ usage }) => usage.get("run-1"),
  "transactions.explain": ({ transactions }) => transactions.explain("txn_1"),
  "checkouts.create": ({ checkouts }) =>
    checkouts.create({ customerId: "ann", creditPackCode: "starter-500" }),
  "checkouts.get": ({ checkouts }) => checkouts.get("pur_1"),
  "purchases.list": ({ purchases }) => purchases.list(),
  "purchases.get": ({ purchases }) => purchases.get("pur_1"),
  "purchases.refund": ({ purchases }) => purchases.refund("pur_1"),
  "purchases.listRefunds": ({ purchases }) => purchases.refunds("pur_1"),
  "agentTokens.create": ({ agentTokens }) =>
    agentTokens.create({ customerId: "ann", name: "assistant", total: 5 }),
  "agentTokens.list": ({ agentTokens }) => agentTokens.list(),
  "agentTokens.get": ({ agentTokens }) => agentTokens.get(agentToken),
  "agentTokens.revoke": ({ agentTokens }) => agentTokens.revoke(agentToken),
  "agentTokens.self": ({ agentTokens }) => agentTokens.self(),
  "grantPreviews.create": ({ grantPreviews }) =>
    grantPreviews.create("ann", { credits: 1, reason: "welcome" }),
  "grantPreviews.confirm": ({ grantPreviews }) => grantPreviews.confirm("gpv_1"),
  "reconciliation.start": ({ reconciliation }) => reconciliation.start({ ring: "ledger" }),
  "reconciliation.getRun": ({ reconciliation }) => reconciliation.get("recon_1"),
  "reconciliation.listRuns": ({ reconciliation }) => reconciliation.runs(),
  "reconciliation.listDiscrepancies": ({ reconciliation }) => reconciliation.discrepancies(),
  "failedJobs.list": ({ failedJobs }) => failedJobs.list(),
  "failedJobs.retry": ({ failedJobs }) => failedJobs.retry("sev_1"),
};
const agentToken = "key_01k2x3v9g7f6q8r5s4t3w2y1z0";
const price = { amount: 999, currency: "usd" };

/** The SDK and the contract are about the same operations. */
export function coversTheContract(): void {
  describe("the SDK and the contract:", () => {
    it("each operation has a method or a reason for none", () => {
      const known = [...Object.keys(methods), ...Object.keys(leftOut)];
      const operations = contractOperations.map(({ operationId }) => operationId);
      expect(known.toSorted()).toEqual(operations.toSorted());
    });

    it("each method asks for its operation, with a body that the route takes", async () => {
      for (const [operationId, call] of Object.entries(methods)) {
        const { method, path, text } = await requestOf(call);
        const route = contractOperations.find((each) => each.operationId === operationId);
        const pattern = new RegExp(`^${route?.path.replace(/:\w+/g, "[^/]+")}$`);
        expect([operationId, method, path]).toEqual([
          operationId,
          route?.method,
          expect.stringMatching(pattern),
        ]);
        const body: unknown = text === undefined ? undefined : JSON.parse(text);
        const issues = body === undefined ? [] : route?.body?.safeParse(body).error?.issues;
        expect([operationId, issues ?? []]).toEqual([operationId, []]);
      }
    });

    it("no method is left without an operation", async () => {
      const used = new Set<string>();
      for (const call of Object.values(methods)) await heard(call(watched(used)));
      const chargly = client(() => undefined);
      const all = resourcesOf(chargly).flatMap(([name, resource]) =>
        Object.keys(resource).map((method) => `${name}.${method}`),
      );
      expect([...used, ...composed].toSorted()).toEqual(all.toSorted());
    });
  });
}

function client(hear: (url: string, init: RequestInit) => void): Chargly {
  return new Chargly({
    apiKey: "chg_test_none",
    baseUrl: "http://chargly.test",
    maxRetries: 0,
    fetch: async (url, init) => {
      hear(url, init);
      return new Response("{}", { status: 418 });
    },
  });
}

/** Waits until the call has been refused, as it is. */
async function heard(answer: ReturnType<Call>): Promise<void> {
  const asked = "page" in answer ? answer.page() : answer;
  await expect(asked).rejects.toThrow("418");
}

async function requestOf(call: Call) {
  let request = { method: "", path: "", text: undefined as string | undefined };
  const chargly = client((url, { method = "", body }) => {
    const text = typeof body === "string" ? body : undefined;
    request = { method: method.toLowerCase(), path: new URL(url).pathname, text };
  });
  await heard(call(chargly));
  return request;
}

const resourcesOf = (chargly: Chargly) =>
  Object.entries(chargly).filter(([, part]) => typeof part === "object") as [string, object][];

/** A client that remembers which methods of its resources were called. */
function watched(used: Set<string>): Chargly {
  const chargly = client(() => undefined);
  const parts = resourcesOf(chargly).map(([name, resource]) => [
    name,
    new Proxy(resource, {
      get: (target, method) => {
        used.add(`${name}.${String(method)}`);
        return Reflect.get(target, method) as unknown;
      },
    }),
  ]);
  return Object.assign(Object.create(chargly), Object.fromEntries(parts)) as Chargly;
}
