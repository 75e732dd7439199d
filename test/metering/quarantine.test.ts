import { describe, expect, it } from "vitest";
import { drainUsageLane, laneName, ringLanes } from "../../src/metering/jobs.js";
import { laneOf } from "../../src/metering/rules.js";
import { releaseBatch } from "../../src/metering/store/lanes.js";
import type { UsageBatchId, WalletId } from "../../src/kernel/ids.js";
import { renaming } from "./lost-wallet.js";
import { queueBackends } from "../support/queue-backends.js";
import { until } from "../support/until.js";
import { balance, times, usageApi, wait } from "./usage-api.js";

describe.each(queueBackends)("a batch that cannot be applied, queue on %s", (queue) => {
  const { customer, send, read, wallet, applied, stack, db } = usageApi({ queue });

  /** A customer with 100 credits whose wallet is then taken away, as no code of ours can; and how to bring it back. */
  async function lostCustomer() {
    const customerId = await customer(101);
    // The process knows the wallet from now on.
    await send({ customerId, event: "chat.reply" }, wait);
    const kept = await db()("wallets").where({ customer_id: customerId }).first();
    const walletId: WalletId = kept.id;
    return { customerId, walletId, ...renaming(db(), walletId) };
  }
  const batches = () =>
    db()("usage_batches").whereNotNull("quarantined_at").select("id", "problem", "lane");

  it("is quarantined with its reason, holds up nobody, and is applied once when it is released", async () => {
    const { customerId, walletId, takeAway, bringBack } = await lostCustomer();
    const lane = { projectId: stack().projectId, lane: laneOf(walletId) };
    const beside = await besideOf(lane.lane);
    await takeAway();
    for (const n of times(3, (each) => each)) {
      await send({ id: `before-${n}`, customerId: beside, event: "chat.reply" });
      await send(times(5, (k) => ({ id: `bad-${n}-${k}`, customerId, event: "chat.reply" })));
      await send({ id: `behind-${n}`, customerId: beside, event: "chat.reply" });
    }
    await applied();
    expect(await wallet(beside)).toMatchObject(balance(100 - 6));
    const held = await batches();
    expect(held).toHaveLength(3);
    for (const { problem, lane: its } of held)
      expect([its, problem]).toEqual([lane.lane, expect.stringMatching(/wallet/)]);
    await bringBack();
    expect(await read("bad-0-0")).toMatchObject({
      status: "quarantined",
      credits: 0,
      shortfall: 0,
      appliedAt: null,
      transactions: [],
    });
    for (const { id } of held) {
      const released = await releaseOne(id);
      expect(released).toEqual(lane);
      expect(await releaseOne(id)).toBeUndefined();
    }
    await ringLanes(stack().ctx.ringer, [lane]);
    await applied();
    expect(await wallet(customerId)).toMatchObject(balance(100 - 15));
    expect(await read("bad-2-4")).toMatchObject({ status: "applied", credits: 1 });
    expect(await batches()).toEqual([]);
    for (const { id } of held) expect(await releaseOne(id)).toBeUndefined();
  });

  const releaseOne = (id: UsageBatchId) =>
    db().transaction((trx) => releaseBatch(trx, stack().projectId, id));

  /** A customer whose wallet lies in this lane. */
  async function besideOf(lane: number): Promise<string> {
    for (;;) {
      const customerId = await customer(100);
      const row = await db()("wallets").where({ customer_id: customerId }).first();
      if (laneOf(row.id) === lane) return customerId;
    }
  }

  it("keeps back only the events of the wallet that it is poisoned by, until they are released", async () => {
    const { customerId, walletId, takeAway, bringBack } = await lostCustomer();
    const lane = { projectId: stack().projectId, lane: laneOf(walletId) };
    const beside = [await besideOf(lane.lane), await besideOf(lane.lane)];
    // Otherwise their wallets would be looked up together with the one that is gone.
    for (const each of beside) await send({ customerId: each, event: "chat.reply" }, wait);
    await takeAway();
    const events = times(9, (n) => ({
      id: `mixed-${n}`,
      customerId: [...beside, customerId][n % 3],
      event: "chat.reply",
    }));
    expect((await send(events)).status).toBe(202);
    await applied();
    for (const each of beside) expect(await wallet(each)).toMatchObject(balance(99 - 3));
    const [held, ...others] = await db()("usage_batches").whereNotNull("quarantined_at");
    expect(others).toEqual([]);
    expect(held).toMatchObject({ events: 3, set_aside: true, lane: lane.lane });
    await bringBack();
    expect(await read("mixed-1")).toMatchObject({ status: "applied", credits: 1 });
    const waiting = await read("mixed-2");
    expect(waiting).toMatchObject({ status: "quarantined", credits: 0, appliedAt: null });
    expect(await releaseOne(held.id)).toEqual(lane);
    await ringLanes(stack().ctx.ringer, [lane]);
    await applied();
    expect(await wallet(customerId)).toMatchObject(balance(100 - 3));
    const { acceptedAt } = await read("mixed-2");
    expect(await read("mixed-2")).toMatchObject({ status: "applied", credits: 1 });
    expect(acceptedAt).toBe(waiting["acceptedAt"]);
    expect(await batches()).toEqual([]);
  });

  it("is counted, and its lane is not rung for without end", async () => {
    const { customerId, walletId, takeAway, bringBack } = await lostCustomer();
    await takeAway();
    await send({ id: "counted", customerId, event: "chat.reply" });
    await until(async () => (await batches()).length === 1, { because: "the quarantine" });
    const text = await stack().ctx.metrics.render();
    expect(text).toMatch(/^usage_batches_quarantined_total [1-9]/m);
    const usageQueue = stack().ctx.engine.queue(drainUsageLane.queue);
    await until(
      async () => {
        const { active, waiting, delayed } = await usageQueue.getJobCounts();
        return [active, waiting, delayed].every((count) => (count ?? 0) === 0);
      },
      {
        because: `the jobs of lane ${laneName({ projectId: stack().projectId, lane: laneOf(walletId) })}`,
      },
    );
    await bringBack();
  });
});
