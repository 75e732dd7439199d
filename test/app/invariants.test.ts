import { beforeAll, describe, expect, it } from "vitest";
import { invariants } from "../../src/app/invariants.js";
import { present } from "../../src/kernel/assert.js";
import { parsePublicId } from "../../src/kernel/ids.js";
import { brokenOf, checkInvariants } from "../../src/ledger/check-invariants.js";
import { checkoutDamages } from "../checkout/damages.js";
import { damaged, namesOf } from "../ledger/damaged.js";
import { meteringDamages } from "../metering/damages.js";
import { usageApi, wait } from "../metering/usage-api.js";
import { buy } from "../support/stack.js";
import { until } from "../support/until.js";

const longAgo = new Date(0);

describe("the invariants of all domains", () => {
  const api = usageApi();
  let purchase: string;
  beforeAll(async () => {
    const bought = await buy(api.stack());
    await api.stack().simulator.control.pay(bought.sessionId, { card: "paid" });
    const paid = async () => (await api.db()("purchases").where({ state: "paid" })).length === 1;
    await until(paid, { because: "the purchase to be paid" });
    purchase = present(parsePublicId("purchase", bought.id), "a checkout is a purchase");
    const customerId = await api.customer(10);
    const event = { customerId, event: "chat.reply" };
    await api.send({ ...event, id: "full" });
    await api.applied();
    expect((await api.send({ ...event, id: "waited" }, wait)).status).toBe(200);
    await api.send({ customerId, id: "partly", event: "video.render", quantity: 20 });
    await api.applied();
    await api.send({ ...event, id: "refused" });
    await api.applied();
  }, 60_000);

  const check = (options = {}) => checkInvariants(api.db(), { invariants, ...options });

  it("hold for what was bought and used, all of it or what changed", async () => {
    expect(brokenOf(await check())).toEqual([]);
    expect(brokenOf(await check({ since: longAgo }))).toEqual([]);
    expect(await api.read("partly")).toMatchObject({ credits: 8, shortfall: 12 });
    expect(await api.read("refused")).toMatchObject({ status: "rejected" });
  });

  it.each([...checkoutDamages, ...meteringDamages])("find that $what", async ({ sql, foundBy }) => {
    await damaged({ db: api.db(), sql, bindings: { purchase } }, async (trx) => {
      expect(namesOf(await checkInvariants(trx, { invariants }))).toEqual(foundBy);
      expect(namesOf(await checkInvariants(trx, { invariants, since: longAgo }))).toEqual(foundBy);
    });
  });
});
