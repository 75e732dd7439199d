import { describe, expect, it } from "vitest";
import { applyLane } from "../../src/metering/apply-lane.js";
import { laneOf } from "../../src/metering/rules.js";
import { renaming } from "./lost-wallet.js";
import { times, usageApi, wait } from "./usage-api.js";

describe("two workers in one lane that meet the same bad batch", () => {
  const { customer, send, stack, db, applied } = usageApi({ roles: ["web"] });

  it("quarantine that batch and none of the good ones behind it", async () => {
    const customerId = await customer(100);
    await send({ customerId, event: "chat.reply" }, wait);
    const bad = await db()("wallets").where({ customer_id: customerId }).first();
    const { takeAway, bringBack } = renaming(db(), bad.id);
    const lane = { projectId: stack().projectId, lane: laneOf(bad.id) };
    const goods: string[] = [];
    while (goods.length < 3) {
      const good = await customer(100);
      const row = await db()("wallets").where({ customer_id: good }).first();
      if (laneOf(row.id) === lane.lane) goods.push(good);
    }
    for (const round of times(20, (n) => n)) {
      await takeAway();
      await send({ id: `bad-${round}`, customerId, event: "chat.reply" });
      for (const good of goods)
        await send({ id: `${good}-${round}`, customerId: good, event: "chat.reply" });
      for (let left = 1; left > 0; ) {
        const done = await Promise.all(times(8, () => applyLane(stack().ctx, lane)));
        left = done.reduce((sum, { batches }) => sum + batches, 0);
      }
      await bringBack();
      const { rows } = await db().raw<{ rows: { key: string }[] }>(
        `select e.key from usage_batches b join usage_events e on e.id > b.id and e.id <= b.last_id
         where b.quarantined_at is not null order by 1`,
      );
      expect(rows.map(({ key }) => key)).toEqual(times(round + 1, (n) => `bad-${n}`).toSorted());
    }
    await applied();
  }, 60_000);
});
