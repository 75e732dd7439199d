import { beforeAll, describe, expect, it } from "vitest";
import { invariants } from "../../src/app/invariants.js";
import { present } from "../../src/kernel/assert.js";
import { wholeCredits } from "../../src/kernel/credits.js";
import { parsePublicId, publicId, type PurchaseId } from "../../src/kernel/ids.js";
import { brokenOf, checkInvariants } from "../../src/ledger/check-invariants.js";
import { checkoutDamages } from "../checkout/damages.js";
import { damaged, namesOf } from "../ledger/damaged.js";
import { meteringDamages } from "../metering/damages.js";
import { usageApi, wait } from "../metering/usage-api.js";
import { refundDamages } from "../reversals/damages.js";
import { agentBearer } from "../support/agent-token.js";
import { buy } from "../support/stack.js";
import { until } from "../support/until.js";

const longAgo = new Date(0);

describe("the invariants of all domains", () => {
  const api = usageApi();
  let purchase: PurchaseId;
  let returned: PurchaseId;
  let refunding: PurchaseId;
  beforeAll(async () => {
    purchase = (await bought("user_123")).id;
    const { id, paymentIntent } = await bought("user_refunded");
    returned = id;
    await api.stack().simulator.control.refund({ paymentIntent, amount: 333 });
    await inState(returned, "partially_refunded");
    refunding = (await bought("user_refunding")).id;
    await api.stack().simulator.control.failRequests({
      method: "POST",
      pathPrefix: "/v1/refunds",
      status: 429,
      count: 1,
    });
    const refunds = `/v1/purchases/${publicId("purchase", refunding)}/refunds`;
    const asked = await api.stack().call("POST", refunds, { credits: 100 });
    expect(asked.json["status"]).toBe("requested");
    const customerId = await api.customer(10);
    const event = { customerId, event: "chat.reply" };
    await api.send({ ...event, id: "full" });
    await api.applied();
    expect((await api.send({ ...event, id: "waited" }, wait)).status).toBe(200);
    await api.send({ customerId, id: "partly", event: "video.render", quantity: 20 });
    await api.applied();
    await api.send({ ...event, id: "refused" });
    await api.applied();
    await byAgent();
  }, 60_000);

  /** An agent uses 1, holds 5 and takes 2 more than that, holds 3, and gives 1 of 2 back. */
  const byAgent = async () => {
    const customerId = await api.customer(50);
    const { projectId, ctx, call } = api.stack();
    const { id: walletId } = await api.db()("wallets").where({ customer_id: customerId }).first();
    const { headers } = await agentBearer(
      ctx,
      { projectId, walletId },
      { total: wholeCredits(50) },
    );
    const ask = async (path: string, body: object) => {
      const { json } = await call("POST", path, body, headers);
      expect(json["code"]).toBeUndefined();
      return String(json["id"]);
    };
    const overCapture = "upToAvailable";
    await ask("/v1/usage", { customerId, event: "chat.reply", id: "agent_by" });
    const over = await ask("/v1/holds", { customerId, credits: 5, overCapture });
    await ask(`/v1/holds/${over}/captures`, { credits: 7 });
    await ask("/v1/holds", { customerId, credits: 3 });
    const part = await ask("/v1/holds", { customerId, credits: 2 });
    await ask("/v1/usage", { customerId, event: "chat.reply", holdId: part });
    await ask(`/v1/holds/${part}/release`, {});
  };

  const inState = async (id: string, state: string) => {
    const rows = () => api.db()("purchases").where({ id, state });
    await until(async () => (await rows()).length === 1, { because: `a purchase to be ${state}` });
  };
  const bought = async (customerId: string) => {
    const checkout = await buy(api.stack(), customerId);
    const session = await api.stack().simulator.control.pay(checkout.sessionId);
    const id = present(parsePublicId("purchase", checkout.id), "a checkout is a purchase");
    await inState(id, "paid");
    return { id, paymentIntent: String(session["payment_intent"]) };
  };

  const check = (options = {}) => checkInvariants(api.db(), { invariants, ...options });

  it("hold for what was bought and used, all of it or what changed", async () => {
    expect(brokenOf(await check())).toEqual([]);
    expect(brokenOf(await check({ since: longAgo }))).toEqual([]);
    expect(await api.read("partly")).toMatchObject({ credits: 8, shortfall: 12 });
    expect(await api.read("refused")).toMatchObject({ status: "rejected" });
  });

  it.each([...checkoutDamages, ...meteringDamages, ...refundDamages])(
    "find that $what",
    async ({ sql, foundBy }) => {
      const bindings = { purchase, returned, refunding };
      await damaged({ db: api.db(), sql, bindings }, async (trx) => {
        expect(namesOf(await checkInvariants(trx, { invariants }))).toEqual(foundBy);
        expect(namesOf(await checkInvariants(trx, { invariants, since: longAgo }))).toEqual(
          foundBy,
        );
      });
    },
  );
});
