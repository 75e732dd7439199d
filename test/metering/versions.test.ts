import { describe, expect, it } from "vitest";
import { wait, times, usageApi, testCard } from "./usage-api.js";

describe("the rate card that prices an event", () => {
  const { customer, send, read, applied, stack, db, wallet } = usageApi({ roles: ["web"] });
  const publish = async (credits: number): Promise<number> => {
    const events = {
      ...testCard.events,
      "chat.reply": { price: { type: "flat", credits: String(credits) } },
    };
    const { status, json } = await stack().call("PUT", "/v1/rate-card", { events });
    expect(status).toBe(201);
    return Number(json["version"]);
  };

  it("is the one in force when it was accepted, whatever was published before it was applied", async () => {
    const customerId = await customer(1_000);
    const versions: number[] = [];
    for (const price of [2, 3, 5]) {
      versions.push(await publish(price));
      const id = `v-${price}`;
      const { json } = await send({ id, customerId, event: "chat.reply" });
      expect(json).toMatchObject({ status: "accepted", credits: price });
    }
    await publish(7);
    const worker = await stack().start(["worker", "scheduler"]);
    await applied();
    await worker.stop();
    for (const [n, price] of [2, 3, 5].entries())
      expect(await read(`v-${price}`)).toMatchObject({
        status: "applied",
        credits: price,
        price,
        rateCardVersion: versions[n],
      });
    expect(await wallet(customerId)).toMatchObject({ available: 990 });
    const again = await send({ id: "v-2", customerId, event: "chat.reply" });
    expect(again.json).toMatchObject({ status: "duplicate", credits: 2 });
  });

  it("decides the shortfall policy too: that of the version that priced it", async () => {
    const customerId = await customer(1);
    const price = { type: "flat", credits: "3" };
    const card = (policy: string) => ({
      events: { "late.reply": { price } },
      shortfall: { policy },
    });
    await stack().call("PUT", "/v1/rate-card", card("upToAvailable"));
    await send({ id: "lenient", customerId, event: "late.reply" });
    await stack().call("PUT", "/v1/rate-card", card("reject"));
    const worker = await stack().start(["worker", "scheduler"]);
    await applied();
    await worker.stop();
    expect(await read("lenient")).toMatchObject({ status: "applied", credits: 1, shortfall: 2 });
  });

  it("is named by each event, also of 1,000 that are accepted by two processes while it changes", async () => {
    const customerId = await customer(1_000_000);
    const other = await stack().start(["web"]);
    const prices = new Map<number, number>();
    prices.set(await publish(1), 1);
    let sending = true;
    const sent = Promise.all(
      times(20, async (who) => {
        for (const n of times(10, (each) => each)) {
          const events = times(5, (k) => ({
            id: `p-${who}-${n}-${k}`,
            customerId,
            event: "chat.reply",
          }));
          if (who % 2 === 0)
            for (const event of events)
              expect((await send(event, n === 0 ? wait : {})).status).toBeLessThan(300);
          else expect(await sendTo(other.url, events)).toBe(202);
        }
      }),
    ).finally(() => {
      sending = false;
    });
    for (let price = 2; sending; price = (price % 90) + 1) prices.set(await publish(price), price);
    await sent;
    const rows = await db()("usage_events").where("key", "like", "p-%");
    expect(rows).toHaveLength(1_000);
    const wrong = rows.filter(
      (row) => Number(row.credits) !== (prices.get(row.rate_card_version) ?? 0) * 1_000_000,
    );
    expect(wrong).toEqual([]);
    expect(new Set(rows.map((row) => row.rate_card_version)).size).toBeGreaterThan(1);
    await stack().start(["worker", "scheduler"]);
    await applied();
  }, 60_000);

  async function sendTo(url: string | undefined, events: unknown): Promise<number> {
    const { status } = await fetch(`${url}/v1/usage`, {
      method: "POST",
      headers: { authorization: `Bearer ${stack().apiKey}`, "content-type": "application/json" },
      body: JSON.stringify(events),
    });
    return status;
  }
});
