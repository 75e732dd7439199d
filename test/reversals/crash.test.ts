import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { simulatedStripe } from "../checkout/returns/return-life.js";
import { expectCleanBooks, type Scene, startScene } from "../journeys/crash-scene.js";
import { present } from "../../src/kernel/assert.js";
import { parsePublicId } from "../../src/kernel/ids.js";
import type { RoleProcess } from "../support/processes.js";
import { queueBackends } from "../support/queue-backends.js";
import { buy } from "../support/stack.js";
import { until } from "../support/until.js";

interface Bought {
  readonly customerId: string;
  readonly id: string;
  readonly purchaseId: string;
}

describe.concurrent.each(queueBackends)("SIGKILL amid refunds, queue on %s", (queue) => {
  let scene: Scene;
  beforeEach(async () => {
    scene = await startScene(queue);
  });
  afterEach(() => scene.stop());

  const bought = async (customerId: string): Promise<Bought> => {
    const { id, sessionId } = await buy(scene, customerId);
    await scene.simulator.control.pay(sessionId);
    expect((await scene.call("GET", `/v1/checkouts/${id}?wait=20`)).json["status"]).toBe("paid");
    const purchaseId = present(parsePublicId("purchase", id), "a checkout names its purchase");
    return { customerId, id, purchaseId };
  };
  /** Whoever dies never answers. */
  const ask = (from: RoleProcess, { id }: Bought) =>
    fetch(`${from.url}/v1/purchases/${id}/refunds`, {
      method: "POST",
      headers: { authorization: `Bearer ${scene.apiKey}`, "content-type": "application/json" },
      body: JSON.stringify({ credits: 200 }),
    }).then(
      ({ status }) => status,
      () => "no answer",
    );
  const rowOf = ({ purchaseId }: Bought) =>
    scene.database.db("refunds").where({ purchase_id: purchaseId }).first();
  const walletOf = async ({ customerId }: Bought) =>
    (await scene.call("GET", `/v1/wallets/${customerId}`)).json;
  const atStripe = async ({ id }: Bought): Promise<number> => {
    const { stripe } = (await scene.call("GET", `/v1/purchases/${id}`)).json;
    const { paymentIntent } = stripe as { paymentIntent: string };
    return (await simulatedStripe(scene).refunds.list({ payment_intent: paymentIntent })).data
      .length;
  };

  /** How often Stripe was asked for a refund. */
  const askedFor = async (): Promise<number> => {
    const { requests } = await scene.simulator.control.requests({ pathPrefix: "/v1/refunds" });
    return requests.filter(({ method }) => method === "POST").length;
  };
  /** Asks for a refund of which Stripe's answer never comes: it did it, or it did not. */
  const leaveHanging = async (from: RoleProcess, of: Bought, afterEffect: boolean) => {
    const rule = {
      method: "POST",
      pathPrefix: "/v1/refunds",
      status: "timeout",
      count: 1,
    } as const;
    await scene.simulator.control.failRequests({ ...rule, afterEffect });
    const before = await askedFor();
    const answer = ask(from, of);
    await until(async () => (await askedFor()) > before, { because: "Stripe to be asked" });
    return { answer };
  };

  it("of web before Stripe has the refund and after it has answered: each is refunded once, and nothing stays aside", async () => {
    const victim = await scene.spawn("web");
    const [unasked, answered] = [await bought("user_unasked"), await bought("user_answered")];
    const first = await leaveHanging(victim, unasked, false);
    const second = await leaveHanging(victim, answered, true);
    await victim.kill();
    expect(await Promise.all([first.answer, second.answer])).toEqual(["no answer", "no answer"]);
    expect([await atStripe(unasked), await atStripe(answered)]).toEqual([0, 1]);
    for (const each of [unasked, answered]) {
      const { state, credits } = await rowOf(each);
      const held = Number(credits) / 1_000_000;
      expect([state, await walletOf(each)]).toMatchObject([
        "requested",
        { available: 500 - held, held },
      ]);
    }

    // Stripe's event alone takes what it is about; what Stripe never heard of stays aside.
    await scene.start(["worker"]);
    await scene.simulator.control.flushHeld();
    await until(async () => (await walletOf(answered))["held"] === 0, {
      because: "the event to take the credits",
    });
    expect((await walletOf(unasked))["held"]).toBeGreaterThan(0);
    // As if a minute had passed.
    await scene.database.db("refunds").update({ next_attempt_at: new Date(0) });
    await scene.start(["scheduler"]);
    const areDone = async () =>
      (await Promise.all([rowOf(unasked), rowOf(answered)])).every(
        ({ finished_at }) => finished_at !== null,
      );
    await until(areDone, { because: "the sweep to finish both", timeoutMs: 30_000 });
    await scene.simulator.control.flushHeld();
    for (const each of [unasked, answered]) {
      const { state, credits } = await rowOf(each);
      const gone = Number(credits) / 1_000_000;
      expect([state, await atStripe(each)]).toEqual(["accepted", 1]);
      expect(await walletOf(each)).toMatchObject({ available: 500 - gone, held: 0, debt: 0 });
    }
    await expectCleanBooks(scene);
  }, 60_000);
});
